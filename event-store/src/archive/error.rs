//! What can be wrong with an archive, or with the place it is meant for.

/// Why an archive could not be written, read or brought in.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The place is no folder and no URL that this program understands.
    #[error("{place} cannot be opened as a place for archives: {reason}")]
    Place {
        /// As it was given.
        place: String,
        /// Why not.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("{file}: {source}")]
    Store {
        /// The file, with its place.
        file: String,
        /// What the store said.
        source: object_store::Error,
    },
    /// A file is not what it was when it was written.
    #[error("{file}: {what}; {fix}")]
    Damaged {
        /// The file, with its place.
        file: String,
        /// What is wrong.
        what: String,
        /// What to do about it.
        fix: &'static str,
    },
    /// What was asked for cannot be done here; nothing was changed.
    #[error("{0}")]
    Refused(String),
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] crate::ReadError),
    /// The database refused, or went away.
    #[error("the database: {0}")]
    Database(#[from] tokio_postgres::Error),
    /// The computer refused.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

impl ArchiveError {
    /// A refusal.
    pub(super) fn refused(reason: impl Into<String>) -> Self {
        Self::Refused(reason.into())
    }
}

impl From<tokio::task::JoinError> for ArchiveError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::System(std::io::Error::other(error))
    }
}
