//! What a step does, and how it can fail.

use deadpool_postgres::PoolError;
use event_store::{ReadError, keys::KeyError};

use crate::session;

/// What a step has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stepped {
    /// Checkpoints that were moved.
    pub moved: usize,
    /// Checkpoints that another process moved first.
    pub lost: usize,
    /// Read models that stood still before an event they do not see, and
    /// attempts at quarantined streams that came to nothing.
    pub stuck: usize,
    /// Streams that were quarantined for a read model.
    pub quarantined: usize,
    /// Quarantined streams that could be folded after all.
    pub lifted: usize,
    /// Events that were folded, once for each read model they went into.
    pub events: u64,
    /// Rows that were written or removed.
    pub rows: u64,
    /// Events that were looked at again because somebody was erased.
    pub refolded: u64,
}

impl std::ops::AddAssign for Stepped {
    fn add_assign(&mut self, other: Self) {
        self.moved += other.moved;
        self.lost += other.lost;
        self.stuck += other.stuck;
        self.quarantined += other.quarantined;
        self.lifted += other.lifted;
        self.events += other.events;
        self.rows += other.rows;
        self.refolded += other.refolded;
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
    /// Events could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The keys of personal data could not be had.
    #[error("personal data cannot be read: {0}")]
    Keys(#[from] KeyError),
}
