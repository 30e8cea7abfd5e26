//! Why the database gave no answer.

use deadpool_postgres::PoolError;
use event_store::ReadError;
use tokio_postgres::{Error, error::SqlState};

use crate::problem::{Code, Problem};

/// Why the database gave no answer. Made once per failure, which is when it is
/// logged; what is made of it later is only told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReadFault {
    /// The server is away, or all connections are taken.
    Unavailable,
    /// It took too long.
    TimedOut,
    /// The read model's table is not there yet.
    NotBuilt,
    /// A value of the request is not one the database can take.
    BadValue(String),
    /// The rest of a transaction in which something failed.
    Aborted,
    /// The master key that personal data needs is not there.
    NoMasterKey,
    /// Something is broken.
    Broken,
}

impl From<Error> for ReadFault {
    fn from(error: Error) -> Self {
        let Some(refusal) = error.as_db_error() else {
            tracing::warn!(%error, "the database cannot be reached");
            return Self::Unavailable;
        };
        let code = refusal.code();
        match code.code().get(..2) {
            _ if *code == SqlState::QUERY_CANCELED => Self::TimedOut,
            _ if *code == SqlState::IN_FAILED_SQL_TRANSACTION => Self::Aborted,
            // There is no table, or what stands in for it refuses.
            _ if *code == SqlState::UNDEFINED_TABLE
                || *code == SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE =>
            {
                tracing::warn!(error = refusal.message(), "a read model is not built yet");
                Self::NotBuilt
            }
            Some("22") => Self::BadValue(refusal.message().to_owned()),
            // Connection and operator trouble, and want of resources.
            Some("08" | "53" | "57") => {
                tracing::warn!(error = refusal.message(), "the database is not available");
                Self::Unavailable
            }
            _ => {
                tracing::error!(error = %refusal, code = code.code(), "a statement failed");
                Self::Broken
            }
        }
    }
}

impl From<PoolError> for ReadFault {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            error => {
                tracing::warn!(%error, "no connection is free");
                Self::Unavailable
            }
        }
    }
}

impl From<ReadError> for ReadFault {
    fn from(error: ReadError) -> Self {
        tracing::error!(%error, "an event could not be read");
        Self::Broken
    }
}

impl From<ReadFault> for Problem {
    fn from(fault: ReadFault) -> Self {
        let (code, message) = match fault {
            ReadFault::Unavailable => {
                (Code::Unavailable, "the database cannot be reached; try again later")
            }
            ReadFault::TimedOut => (Code::Unavailable, "the query took too long; ask for less"),
            ReadFault::NotBuilt => {
                (Code::Unavailable, "the read model is not built yet; try again later")
            }
            ReadFault::BadValue(reason) => return Self::invalid(reason),
            ReadFault::Aborted => {
                (Code::Unavailable, "another part of the query failed, which ended this one")
            }
            ReadFault::NoMasterKey => (
                Code::Unavailable,
                "personal data cannot be read: the file named by [keys] file lacks the master key",
            ),
            ReadFault::Broken => (Code::Internal, "something went wrong here; the error is logged"),
        };
        Self::new(code, message)
    }
}
