//! How a projector works.

use std::time::Duration;

/// How a [`Projector`](crate::Projector) works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Events of one tenant that are taken at once. [`run`](crate::run()) takes
    /// up to eight times as many while it is behind and quick, and fewer where
    /// that would keep others waiting.
    pub batch: u64,
    /// Events of several tenants that share one transaction, in proportion.
    pub turn: u64,
    /// Bytes of events that are read at once, by about one event of each tenant.
    pub bytes: usize,
    /// Tenants that share one transaction.
    pub tenants: usize,
    /// Events that are looked at again in one turn, after somebody was erased.
    pub refold: u64,
    /// Rows that are kept in memory from one step to the next.
    pub kept_rows: usize,
    /// How many of the tenants that are furthest behind have a name in measures.
    pub labels: usize,
    /// How long to wait before an event that could not be folded is tried
    /// again. Doubles with every attempt, up to [`longest_wait`](Self::longest_wait).
    pub first_wait: Duration,
    /// How long to wait at most.
    pub longest_wait: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            batch: 1_000,
            turn: 2_000,
            bytes: 16 << 20,
            tenants: 64,
            refold: 20_000,
            kept_rows: 20_000,
            labels: 20,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_mins(5),
        }
    }
}
