//! What a step does, and how it can fail.

use deadpool_postgres::PoolError;
use ulid::Ulid;

use crate::session;

/// What a step has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stepped {
    /// Checkpoints that were moved.
    pub moved: usize,
    /// Checkpoints that another process moved first.
    pub lost: usize,
    /// Read models that stood still before an event they cannot fold.
    pub stuck: usize,
    /// Events that were folded, once for each read model they went into.
    pub events: u64,
    /// Rows that were written or removed.
    pub rows: u64,
}

impl std::ops::AddAssign for Stepped {
    fn add_assign(&mut self, other: Self) {
        self.moved += other.moved;
        self.lost += other.lost;
        self.stuck += other.stuck;
        self.events += other.events;
        self.rows += other.rows;
    }
}

/// Why a step came to nothing. The next one finds everything as it was.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// No connection could be had.
    #[error("no connection to the database: {0}")]
    Pool(#[from] PoolError),
    /// The database refused or went away.
    #[error("the database failed: {}", session::reason(.0))]
    Database(#[from] tokio_postgres::Error),
    /// Events that exist were not seen, as when the session has another role
    /// than `tenantry_projector`.
    #[error(
        "found {found} events of tenant {tenant} after position {after} up to {until}, \
         where there are {}: is the session's role tenantry_projector?", until - after
    )]
    Gap {
        /// Whose log.
        tenant: Ulid,
        /// Where reading began.
        after: u64,
        /// Where it should have ended.
        until: u64,
        /// How many events were seen.
        found: usize,
    },
}
