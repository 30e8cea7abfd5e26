//! What queries are allowed to cost.

use std::time::Duration;

use service::config;

use crate::limits::Most;

/// The limits of this process.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// How deep a query may nest.
    pub(crate) depth: usize,
    /// How many values an answer may be estimated to hold.
    pub(crate) complexity: usize,
    /// How many fields may go by another name.
    pub(crate) aliases: usize,
    /// How many queries one request may ask side by side.
    pub(crate) roots: usize,
    /// The most rows on a page.
    pub(crate) page: usize,
    /// The rows on a page that says nothing about it.
    pub(crate) default_page: usize,
    /// The longest a request may take.
    pub(crate) timeout: Duration,
    /// The longest wait for a consistency token.
    pub(crate) consistency_wait: Duration,
    /// The most events that are folded for one past row.
    pub(crate) past_events: u64,
    /// The largest request body, and the largest message on a socket.
    pub(crate) body_bytes: usize,
    /// The most live queries on one socket.
    pub(crate) subscriptions: usize,
    /// The most requests of one tenant that are answered at a time.
    pub(crate) tenant_requests: usize,
    /// The most live queries of one tenant.
    pub(crate) tenant_subscriptions: usize,
    /// The most live queries of this process.
    pub(crate) all_subscriptions: usize,
    /// How many positions a live list may lie behind before its client is told
    /// to read the list again.
    pub(crate) resumed_events: u64,
    /// How long a live query may take before its client has read what it was
    /// sent.
    pub(crate) patience: Duration,
    /// Whether clients may read the schema, and GraphiQL is served.
    pub(crate) development: bool,
}

impl From<&config::QueryApi> for Settings {
    fn from(config: &config::QueryApi) -> Self {
        Self {
            depth: config.max_depth,
            complexity: config.max_complexity,
            aliases: config.max_aliases,
            page: config.max_page,
            default_page: config.max_page.min(20),
            timeout: config.request_timeout,
            consistency_wait: config.consistency_wait,
            body_bytes: config.max_body_bytes,
            development: config.development,
            past_events: config.max_past_events,
            subscriptions: config.max_connection_subscriptions,
            tenant_requests: config.max_tenant_requests,
            tenant_subscriptions: config.max_tenant_subscriptions,
            all_subscriptions: config.max_subscriptions,
            resumed_events: config.max_resumed_events,
            patience: config.client_timeout,
            ..Self::default()
        }
    }
}

impl Settings {
    /// How many requests may be answered at a time.
    pub(crate) const fn requests(&self) -> Most {
        // Each waits for its turn at the database; the server bounds the rest.
        Most { of_tenant: self.tenant_requests, of_all: usize::MAX }
    }

    /// How many live queries may be followed at a time.
    pub(crate) const fn live_queries(&self) -> Most {
        Most { of_tenant: self.tenant_subscriptions, of_all: self.all_subscriptions }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            depth: 15,
            complexity: 10_000,
            aliases: 30,
            roots: 20,
            page: 200,
            default_page: 20,
            timeout: Duration::from_secs(10),
            consistency_wait: Duration::from_secs(1),
            past_events: 200_000,
            body_bytes: 256 * 1024,
            subscriptions: 50,
            tenant_requests: 100,
            tenant_subscriptions: 1_000,
            all_subscriptions: 20_000,
            resumed_events: 10_000,
            patience: Duration::from_mins(1),
            development: false,
        }
    }
}
