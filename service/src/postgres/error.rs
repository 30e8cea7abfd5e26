//! What can go wrong with the embedded server, and what to do about it.

use std::{io, path::PathBuf};

/// Why the embedded PostgreSQL cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No server binaries were found anywhere.
    #[error(
        "no PostgreSQL server (version {oldest} or newer) is installed here\n\
         install it:          Debian, Ubuntu: apt-get install postgresql\n\
         \x20                    Fedora:         dnf install postgresql-server\n\
         \x20                    Alpine:         apk add postgresql\n\
         \x20                    macOS:          brew install postgresql@17\n\
         or name its folder:  TENANTRY_POSTGRES_BIN=/folder/with/initdb/and/postgres\n\
         or use a server that already runs:  --database postgresql://user@host/name\n\
         looked in: {}", .searched.join(", ")
    )]
    NoBinaries {
        /// The oldest version that will do.
        oldest: u32,
        /// The places that were looked at.
        searched: Vec<String>,
    },
    /// A folder was named that does not hold a usable server.
    #[error(
        "{folder} is no PostgreSQL server folder: {reason}; name the folder that holds initdb and postgres"
    )]
    NotBinaries {
        /// The named folder.
        folder: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },
    /// Another process uses the data folder.
    #[error(
        "data folder {folder} is in use by {owner}; stop that first, or choose another folder",
        owner = .pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
    )]
    InUse {
        /// The data folder.
        folder: PathBuf,
        /// Who uses it, if it can be told.
        pid: Option<u32>,
    },
    /// The data folder belongs to a version that is not installed.
    #[error(
        "data folder {folder} was written by PostgreSQL {written}, but only {installed} is installed; \
         install PostgreSQL {written} (Debian, Ubuntu: apt-get install postgresql-{written}), \
         name its folder in TENANTRY_POSTGRES_BIN, or choose another data folder"
    )]
    OtherVersion {
        /// The data folder.
        folder: PathBuf,
        /// The major version that wrote it.
        written: u32,
        /// The major versions that are installed.
        installed: String,
    },
    /// Root may not run the server, and there is nobody else.
    #[error(
        "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody to run it as; start tenantry as an ordinary user"
    )]
    NobodyToRunAs,
    /// The unprivileged user cannot reach the data folder.
    #[error(
        "user {user}, as whom PostgreSQL runs, cannot enter {closed}, a folder above the data folder {folder}; \
         choose a data folder elsewhere, or install setpriv (package util-linux)"
    )]
    OutOfReach {
        /// The user that runs the server.
        user: String,
        /// The first folder it may not enter.
        closed: PathBuf,
        /// The data folder.
        folder: PathBuf,
    },
    /// The file system refused something.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program of the server could not be run or failed.
    #[error("{program} failed: {reason}")]
    Program {
        /// Which program.
        program: String,
        /// Its own words.
        reason: String,
    },
    /// The server ended or did not become ready.
    #[error("PostgreSQL did not start ({reason}); the end of {log}:\n{tail}")]
    NotStarted {
        /// What was observed.
        reason: String,
        /// Where the whole log is.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// A database could not be made, copied or dropped.
    #[error("cannot {action} database {name}: {}", crate::causes::told(.source))]
    Database {
        /// What was tried.
        action: &'static str,
        /// With which database.
        name: String,
        /// What the server said.
        source: tokio_postgres::Error,
    },
}

impl PostgresError {
    /// Adds to a file system error what was tried and with what.
    pub(super) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}
