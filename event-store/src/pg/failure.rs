//! Why a call came to nothing, and what is known about it then.

use deadpool_postgres::PoolError;
use tokio_postgres::Error;

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server did not do it, and may at another time: it was not reached,
    /// is busy, lacks something, or only reads.
    Later {
        /// In the server's words.
        message: String,
        /// Whether another connection may lead to a server that can.
        elsewhere: bool,
    },
    /// Somebody else held a lock for too long. Nothing was done.
    Locked(String),
    /// The connection ended before the answer: it may be done, or be done yet.
    Uncertain(String),
    /// The server did not do it and never will.
    Refused(String),
}

impl Failure {
    /// What a statement that was sent came to.
    pub(super) fn of(error: &Error) -> Self {
        let Some(refusal) = error.as_db_error() else {
            return Self::Uncertain(crate::pg::session::words(error));
        };
        let message = refusal.to_string();
        match refusal.code().code() {
            // Lock not available: lock_timeout.
            "55P03" => Self::Locked(message),
            // Read-only transaction: the server has become a standby.
            "25006" => Self::Later { message, elsewhere: true },
            // Serialisation failure and deadlock, cancelled, insufficient
            // resources: rolled back.
            "40001" | "40P01" | "57014" => Self::Later { message, elsewhere: false },
            code if code.starts_with("53") => Self::Later { message, elsewhere: false },
            // Shutdown, crash and the like may come when the commit is done and
            // only its answer is missing; so may the end of a connection.
            code if code.starts_with("57P") || code.starts_with("08") => Self::Uncertain(message),
            // Input and output, internal errors: rolled back, for no fault of
            // the caller's, but perhaps for good.
            _ => Self::Refused(message),
        }
    }

    /// What not getting a connection came to.
    pub(super) fn unreached(error: &PoolError) -> Self {
        let message = match error {
            PoolError::Backend(error) => crate::pg::session::words(error),
            error => error.to_string(),
        };
        Self::Later { message, elsewhere: false }
    }

    /// What came of preparing a statement, before anything was asked.
    pub(super) fn unprepared(error: &Error) -> Self {
        match Self::of(error) {
            Self::Uncertain(message) => Self::Later { message, elsewhere: true },
            known => known,
        }
    }
}
