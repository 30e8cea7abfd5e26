//! Why events could not be moved.

use crate::{ReadError, archive::ArchiveError, integrity::SealError};

/// Why events of a tenant could not be moved. All of them are still where they
/// were.
#[derive(Debug, thiserror::Error)]
pub enum CoolError {
    /// No place is known.
    #[error("no place for cold events is known; name a folder or a URL in cold.place")]
    NoPlace,
    /// The tenant has no log.
    #[error("tenant {0} has no log here")]
    UnknownTenant(String),
    /// The log is not what was signed. It is left as it is.
    #[error("the log is not what was signed, run `tenantry proof audit`: {0}")]
    Integrity(#[from] SealError),
    /// What was written did not come back as it was.
    #[error("{0}: what was read back is not what was written; nothing was moved")]
    ReadBack(String),
    /// The place failed.
    #[error(transparent)]
    Place(#[from] ArchiveError),
    /// The log could not be read, or the database refused the move.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The computer refused.
    #[error("packing a segment: {0}")]
    System(#[from] std::io::Error),
}

impl From<tokio::task::JoinError> for CoolError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::System(std::io::Error::other(error))
    }
}
