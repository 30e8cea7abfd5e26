//! What queries are allowed to cost.

use std::time::Duration;

use service::config;

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
            ..Self::default()
        }
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
            development: false,
        }
    }
}
