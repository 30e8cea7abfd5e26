//! Why the database gave no answer.

use std::{error::Error, time::Duration};

use tokio_postgres::{
    Config,
    config::Host,
    error::{DbError, SqlState},
};

use super::DatabaseRole;
use crate::{causes::told, http::Problem};

/// Why a statement has no result.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// There is no database to connect to.
    #[error(
        "database.url is empty; set it in the configuration or in TENANTRY__DATABASE__URL, \
         or run `tenantry up`, which brings its own database"
    )]
    NotConfigured,
    /// What is configured is no database.
    #[error("database.url cannot be read; expected postgresql://user:password@host:5432/name")]
    BadUrl,
    /// Only a pooler is configured, and the role cannot work through one.
    #[error(
        "{} needs sessions of its own, which a pooler in transaction mode does not give; \
         set database.direct_url to a way past it",
        .0.name()
    )]
    NotDirect(DatabaseRole),
    /// No connection can be made.
    #[error("cannot connect to {place}: {reason}")]
    Unreachable {
        /// Where, to which database, as whom.
        place: String,
        /// Why, and what to do about it.
        reason: String,
    },
    /// All connections are in use.
    #[error("no free database connection within {waited_ms} ms: all {connections} are in use")]
    Busy {
        /// How many there are.
        connections: usize,
        /// How long one was waited for.
        waited_ms: u128,
    },
    /// The pool cannot work.
    #[error("the connection pool failed: {0}")]
    Pool(String),
    /// The server or the connection went away; what became of the statement is
    /// not known.
    #[error("the connection to the database was lost: {}", told(.0))]
    Away(#[source] tokio_postgres::Error),
    /// The statement took longer than it may.
    #[error("the statement took longer than database.statement_timeout_ms")]
    TooSlow(#[source] tokio_postgres::Error),
    /// The server refused the statement.
    #[error("the database refused the statement: {}", told(.0))]
    Refused(#[source] tokio_postgres::Error),
}

impl DatabaseError {
    /// What an error of the driver means.
    #[must_use]
    pub fn of(error: tokio_postgres::Error) -> Self {
        let Some(refusal) = error.as_db_error() else {
            // What remains is the caller's mistake: a value that does not fit
            // its parameter, a parameter too many.
            let lost = error.is_closed() || error.source().is_some_and(is_io);
            return if lost { Self::Away(error) } else { Self::Refused(error) };
        };
        match refusal.code() {
            code if *code == SqlState::QUERY_CANCELED => Self::TooSlow(error),
            code if is_away(code) => Self::Away(error),
            _ => Self::Refused(error),
        }
    }

    /// Whether the same may succeed a little later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Busy { .. } | Self::Away(_) | Self::TooSlow(_)
        )
    }

    /// What the server said, if it said something.
    #[must_use]
    pub fn refusal(&self) -> Option<&DbError> {
        match self {
            Self::Away(error) | Self::TooSlow(error) | Self::Refused(error) => error.as_db_error(),
            _ => None,
        }
    }
}

fn is_io(error: &(dyn Error + 'static)) -> bool {
    error.is::<std::io::Error>()
}

/// Shutdown, crash, too many connections, lost connections.
fn is_away(code: &SqlState) -> bool {
    matches!(code.code(), "57P01" | "57P02" | "57P03" | "57P05" | "53300")
        || code.code().starts_with("08")
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        if error.is_transient() {
            Self::unavailable("the database does not answer, try again").because(error)
        } else {
            Self::internal(error)
        }
    }
}

/// Where a pool's connections lead, in words.
#[derive(Debug)]
pub(super) struct Place {
    words: String,
    role: DatabaseRole,
    timeout: Option<Duration>,
    pub(super) connections: usize,
    pub(super) wait: Duration,
}

impl Place {
    pub(super) fn of(
        config: &Config,
        role: DatabaseRole,
        connections: usize,
        wait: Duration,
    ) -> Self {
        let ports = config.get_ports();
        let hosts = config.get_hosts().iter().enumerate().map(|(index, host)| match host {
            Host::Unix(folder) => format!("socket {}", folder.display()),
            Host::Tcp(name) => {
                let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
                format!("{name}:{port}")
            }
        });
        let hosts = hosts.collect::<Vec<_>>().join(" or ");
        let database = config.get_dbname().or(config.get_user()).unwrap_or("(none)");
        let user = config.get_user().unwrap_or("(nobody)");
        let words = format!(
            "PostgreSQL at {hosts}, database {database}, as {user} in role {}",
            role.name()
        );
        Self { words, role, timeout: config.get_connect_timeout().copied(), connections, wait }
    }

    pub(super) fn unreachable(&self, error: &tokio_postgres::Error) -> DatabaseError {
        let said = told(error);
        let reason = match error.as_db_error() {
            Some(refusal) if self.lacks_role(refusal) => {
                format!("{}; run `tenantry migrate` on this database first", refusal.message())
            }
            Some(refusal) if refusal.message().contains("unsupported startup parameter") => {
                format!(
                    "{}; this is a pooler: set database.pooled = true",
                    refusal.message().trim_end()
                )
            }
            Some(refusal) if *refusal.code() == SqlState::INVALID_CATALOG_NAME => {
                format!("{}; create it with: createdb NAME", refusal.message())
            }
            Some(refusal) => refusal.message().to_owned(),
            None => said,
        };
        DatabaseError::Unreachable { place: self.words.clone(), reason }
    }

    pub(super) fn refused(&self, reason: String) -> DatabaseError {
        DatabaseError::Unreachable { place: self.words.clone(), reason }
    }

    pub(super) fn silent(&self) -> DatabaseError {
        let within = self.timeout.unwrap_or_default().as_millis();
        let reason = format!("no answer within {within} ms");
        DatabaseError::Unreachable { place: self.words.clone(), reason }
    }

    fn lacks_role(&self, refusal: &DbError) -> bool {
        refusal.message().contains(self.role.name()) && refusal.message().contains("does not exist")
    }
}
