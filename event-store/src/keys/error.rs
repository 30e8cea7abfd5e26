//! Why personal data could not be sealed or opened.

use std::{io, path::PathBuf, sync::Arc};

use domain::kernel::personal::WireError;
use ulid::Ulid;

use crate::{AppendError, ReadError};

/// Why personal data could not be sealed or opened. None of these means that
/// the person was erased, except [`Erased`](Self::Erased).
#[derive(Debug, Clone, thiserror::Error)]
pub enum KeyError {
    /// There is no master key.
    #[error(
        "personal data needs a master key: name its file in [keys] file, and make one with \
         `tenantry keys create`"
    )]
    NoMasterKey,
    /// The master key that is needed is not there.
    #[error("the master key {0} is not in the file of [keys] file; put it back, or a newer copy")]
    UnknownMasterKey(String),
    /// The file of the master keys cannot be used.
    #[error("the master keys in {path} cannot be used: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Arc<io::Error>,
    },
    /// The person's data was erased; nothing new about it is accepted.
    #[error("the personal data of {0} was erased; nothing more can be kept about this person")]
    Erased(Ulid),
    /// What was sealed is not what it was, or not where it was.
    #[error("a sealed value was altered or moved, or sealed with another key")]
    Tampered,
    /// Something that cannot be.
    #[error("{0}")]
    Broken(&'static str),
    /// The system has no random numbers.
    #[error("the system has no random numbers: {0}")]
    NoRandomness(String),
    /// The log could not be reached.
    #[error(transparent)]
    Log(#[from] ReadError),
}

impl KeyError {
    /// Whether what was sealed is to blame, rather than the way to the keys:
    /// nothing changes when it is tried again.
    #[must_use]
    pub fn is_about_bytes(&self) -> bool {
        matches!(self, Self::Tampered | Self::Broken(_))
    }
}

impl From<WireError> for KeyError {
    fn from(_: WireError) -> Self {
        Self::Broken("a payload that is not MessagePack")
    }
}

impl From<KeyError> for AppendError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Erased(subject) => Self::Erased(subject),
            KeyError::Log(ReadError::Unavailable(message)) => Self::Unavailable(message),
            error => Self::Fault(error.to_string()),
        }
    }
}

impl From<KeyError> for ReadError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Log(error) => error,
            error => Self::Fault(error.to_string()),
        }
    }
}
