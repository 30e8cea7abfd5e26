//! Why a worker could not do its work.

use event_store::{ReadError, keys::KeyError};

/// Why a worker could not do its work. Nothing is lost by it: what was not
/// written down is done again.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// There was no connection to be had.
    #[error("no connection to the database: {0}")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// The database refused, or went away.
    #[error("the database failed: {0}")]
    Database(#[from] tokio_postgres::Error),
    /// The log could not be read.
    #[error("the log could not be read: {0}")]
    Read(#[from] ReadError),
    /// The keys of personal data could not be had.
    #[error("personal data cannot be read: {0}")]
    Keys(#[from] KeyError),
    /// A timer holds something else than a command.
    #[error("timer {name} holds no command: {reason}")]
    Timer {
        /// Which timer.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}
