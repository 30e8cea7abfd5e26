//! The sections of the configuration as the processes read them. What each key
//! means to an operator is told in `config.default.toml`.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// Where PostgreSQL is and how it is used.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// URL or key=value pairs; empty when there is none.
    #[serde(serialize_with = "redacted")]
    pub url: SecretString,
    /// Whether `url` leads to a pooler that lends a connection per transaction.
    pub pooled: bool,
    /// Whether statements stay prepared with their connections.
    pub prepared_statements: bool,
    /// Past the pooler; empty when that is `url`, or when there is no way.
    #[serde(serialize_with = "redacted")]
    pub direct_url: SecretString,
    /// The command API's pool.
    pub command_connections: usize,
    /// The query API's pool.
    pub query_connections: usize,
    /// The projector's pool.
    pub projector_connections: usize,
    /// The worker's pool.
    pub worker_connections: usize,
    /// The longest a new connection may take.
    #[serde(rename = "connect_timeout_ms", with = "millis")]
    pub connect_timeout: Duration,
    /// The longest wait for a free connection.
    #[serde(rename = "wait_timeout_ms", with = "millis")]
    pub wait_timeout: Duration,
    /// The longest a statement may take.
    #[serde(rename = "statement_timeout_ms", with = "millis")]
    pub statement_timeout: Duration,
    /// The longest a session waits for a lock.
    #[serde(rename = "lock_timeout_ms", with = "millis")]
    pub lock_timeout: Duration,
    /// The longest a transaction stands idle.
    #[serde(rename = "idle_transaction_timeout_ms", with = "millis")]
    pub idle_transaction_timeout: Duration,
}

impl Database {
    /// Where sessions of one's own are to be had, as the owner: for tools that
    /// keep settings, locks or temporary tables from one transaction to the
    /// next.
    #[must_use]
    pub fn direct(&self) -> &SecretString {
        if self.direct_url.expose_secret().is_empty() { &self.url } else { &self.direct_url }
    }
}

/// How the log is written and followed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Batches in flight at the same time.
    pub flushers: usize,
    /// The most appends in one batch.
    pub max_batch: usize,
    /// The most appends of one tenant in one batch.
    pub max_tenant_batch: usize,
    /// The most bytes of events in one batch.
    pub max_batch_bytes: usize,
    /// The most appends that may wait.
    pub queue_limit: usize,
    /// The most appends of one tenant that may wait.
    pub tenant_queue_limit: usize,
    /// The most bytes of events that may wait.
    pub max_queue_bytes: usize,
    /// The longest an append may take.
    #[serde(rename = "append_timeout_ms", with = "millis")]
    pub append_timeout: Duration,
    /// The most events in one append.
    pub max_events_per_append: usize,
    /// The largest event.
    pub max_event_bytes: usize,
    /// The most bytes of events in one append or one group.
    pub max_append_bytes: usize,
    /// The most appends in one group.
    pub max_group: usize,
    /// How long wake-ups are collected.
    #[serde(rename = "notify_interval_ms", with = "millis")]
    pub notify_interval: Duration,
    /// The longest time between two looks at the log.
    #[serde(rename = "poll_interval_ms", with = "millis")]
    pub poll_interval: Duration,
    /// The memory for aggregates that are kept between commands.
    pub cache_bytes: u64,
    /// The fewest events that a snapshot must spare.
    pub snapshot_events: u64,
    /// How many times its cost a snapshot must spare.
    pub snapshot_gain: f64,
}

/// The write side's HTTP server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandApi {
    /// Host and port.
    pub listen: String,
    /// Serving threads; 0 means one per core.
    pub threads: usize,
    /// The largest request body.
    pub max_body_bytes: usize,
    /// The most commands in one batch.
    pub max_batch: usize,
    /// The largest body of a batch.
    pub max_batch_bytes: usize,
    /// The longest a request may take.
    #[serde(rename = "request_timeout_ms", with = "millis")]
    pub request_timeout: Duration,
}

/// The read side's HTTP server and its limits.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryApi {
    /// Host and port.
    pub listen: String,
    /// Serving threads; 0 means one per core.
    pub threads: usize,
    /// The largest request body.
    pub max_body_bytes: usize,
    /// The longest a query may take.
    #[serde(rename = "request_timeout_ms", with = "millis")]
    pub request_timeout: Duration,
    /// How deep a query may nest.
    pub max_depth: usize,
    /// How many fields a query may select.
    pub max_complexity: usize,
    /// The most rows on one page.
    pub max_page: usize,
    /// How many aliases a query may have.
    pub max_aliases: usize,
    /// How many events may be folded for what is shown of the past.
    pub max_past_events: u64,
    /// How many queries of one tenant may be answered at a time.
    pub max_tenant_requests: usize,
    /// How many live queries this process may follow.
    pub max_subscriptions: usize,
    /// How many live queries one tenant may have.
    pub max_tenant_subscriptions: usize,
    /// How many live queries one socket may have.
    pub max_connection_subscriptions: usize,
    /// How many positions a live list may lie behind before it is to be read
    /// again.
    pub max_resumed_events: u64,
    /// The longest that a live query's client may leave unread what it was
    /// sent.
    #[serde(rename = "client_timeout_ms", with = "millis")]
    pub client_timeout: Duration,
    /// The only queries that are answered, a JSON file; empty: any.
    pub allowed_queries: String,
    /// The longest wait for a consistency token.
    #[serde(rename = "consistency_wait_ms", with = "millis")]
    pub consistency_wait: Duration,
    /// Whether GraphiQL and introspection are served.
    pub development: bool,
}

/// How read models are kept up to date.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Projector {
    /// The most events in one transaction.
    pub batch: usize,
    /// The longest time between two looks at the log.
    #[serde(rename = "poll_interval_ms", with = "millis")]
    pub poll_interval: Duration,
    /// How long a projector that falls silent keeps its tenants.
    #[serde(rename = "lease_ms", with = "millis")]
    pub lease: Duration,
}

/// How reactions are run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// The most events or timers taken at once.
    pub batch: usize,
    /// The longest time between two looks at the log.
    #[serde(rename = "poll_interval_ms", with = "millis")]
    pub poll_interval: Duration,
    /// How often a failing reaction is tried again.
    pub max_retries: u32,
    /// How long outcomes of commands are kept.
    pub command_retention_days: u32,
    /// How long a worker that falls silent keeps its tenants.
    #[serde(rename = "lease_ms", with = "millis")]
    pub lease: Duration,
}

/// How logs are made proof against alteration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Integrity {
    /// The key file; empty when there is none.
    pub signing_key_file: String,
    /// What checkpoints begin with.
    pub installation: String,
    /// Public keys in base64.
    pub retired_keys: String,
    /// The shortest time between two seals of one log.
    #[serde(rename = "seal_interval_ms", with = "millis")]
    pub seal_interval: Duration,
}

/// Where old events go, and when.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cold {
    /// A folder or a URL; empty when there is none.
    pub place: String,
    /// How many bytes a process keeps in memory.
    pub cache_bytes: u64,
    /// How old events are when workers move them; 0 when they move none.
    pub after_days: u32,
    /// The fewest events that are moved together.
    pub least_events: u64,
}

/// Who issues tokens and what they look like.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The key file; empty when there is none.
    pub signing_key_file: String,
    /// The claim `iss`.
    pub issuer: String,
    /// The claim `aud`.
    pub audience: String,
    /// How long a new token is good for.
    #[serde(rename = "token_lifetime_seconds", with = "seconds")]
    pub token_lifetime: Duration,
}

/// The keys of personal data.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The file of the master keys; empty when there is none.
    pub file: String,
}

/// What the processes tell about themselves.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// Which log records are written.
    pub filter: String,
    /// In which form.
    pub format: LogFormat,
    /// The collector of traces; empty for none.
    pub otlp_endpoint: String,
    /// The part of traces that is sent.
    pub otlp_sample_ratio: f64,
    /// Host and port of processes without an API; empty for none.
    pub metrics_listen: String,
    /// How many tenants are named in metrics.
    pub tenant_labels: usize,
}

/// The form of log records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// Lines for people.
    Text,
}

/// How a process ends.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shutdown {
    /// How long requests in flight may take to finish.
    #[serde(rename = "grace_seconds", with = "seconds")]
    pub grace: Duration,
}

/// What stands in a printed configuration where a secret is.
pub(super) const REDACTED: &str = "[redacted]";

fn redacted<S: serde::Serializer>(secret: &SecretString, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(if secret.expose_secret().is_empty() { "" } else { REDACTED })
}

mod millis {
    //! Durations as whole milliseconds.
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        u64::try_from(time.as_millis()).unwrap_or(u64::MAX).serialize(to)
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}

mod seconds {
    //! Durations as whole seconds.
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        time.as_secs().serialize(to)
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_secs)
    }
}
