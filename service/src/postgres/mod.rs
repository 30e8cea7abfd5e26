//! An embedded PostgreSQL: the server that is installed here, run on a folder
//! of our own, reachable by a socket of our own, and gone when we are.
//!
//! There is no port, no password and nothing to configure. Root hands the
//! server to an unprivileged user. [`Options::start`] runs it for this process
//! alone: it ends with it, however that ends, and leaves a folder the next
//! start needs no recovery for. [`Options::share`] runs one server for many
//! processes, which suits tests; it ends when the last of them has ended.
//! Both block for as long as the server takes: 20 ms, or half a second for a
//! new folder.

mod account;
mod binaries;
mod cluster;
mod databases;
mod error;
mod folder;
mod server;
mod shared;
#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use self::{
    account::{Account, Ends},
    binaries::Binaries,
    cluster::{NAME, Runner},
    folder::{Folder, Locks},
    server::{Launch, Server},
};

pub use error::PostgresError;

/// What every server is started with unless told otherwise. Durable, and fit
/// for a small machine.
const SETTINGS: &[(&str, &str)] = &[
    ("listen_addresses", ""),
    ("unix_socket_permissions", "0700"),
    ("cluster_name", NAME),
    ("max_connections", "200"),
    ("shared_buffers", "128MB"),
    ("wal_compression", "on"),
    ("max_wal_size", "2GB"),
    ("checkpoint_timeout", "15min"),
    // Compiling a plan costs more than any of our short statements.
    ("jit", "off"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("lc_messages", "C"),
    ("log_line_prefix", "%m [%p] %q%a "),
];

/// What makes a server fast that may lose everything when the machine stops.
/// Not when only the server does: a commit still leaves its hands at once.
const THROWAWAY: &[(&str, &str)] = &[("fsync", "off"), ("full_page_writes", "off")];

/// The server's part of the data folder.
const PART: &str = "postgres";

/// How a server shall be run.
#[derive(Debug, Clone)]
pub struct Options {
    folder: PathBuf,
    binaries: Option<PathBuf>,
    settings: Vec<(String, String)>,
    durable: bool,
    within: Duration,
}

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    folder: Folder,
    account: Option<Account>,
    options: Options,
    running: Running,
}

#[derive(Debug)]
enum Running {
    /// For this process alone.
    Alone { server: Server, _locks: Locks },
    /// For all who share the locks.
    Shared { _locks: Locks },
}

impl Options {
    /// A server whose data is kept in `folder`, below `postgres/`.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let settings = SETTINGS.iter().map(|(key, value)| ((*key).into(), (*value).into()));
        Self {
            folder: folder.into(),
            binaries: None,
            settings: settings.collect(),
            durable: true,
            within: Duration::from_mins(5),
        }
    }

    /// Uses the server programs in this folder and no others.
    #[must_use]
    pub fn binaries(mut self, folder: impl Into<PathBuf>) -> Self {
        self.binaries = Some(folder.into());
        self
    }

    /// Sets a parameter of the server.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let key = key.into();
        self.settings.retain(|(known, _)| *known != key);
        self.settings.push((key, value.into()));
        self
    }

    /// Gives up durability for speed: for tests, whose data nobody misses
    /// after a power failure. A killed server still loses nothing. It has a
    /// cluster of its own, one for each version of the server.
    #[must_use]
    pub fn throwaway(mut self) -> Self {
        self.durable = false;
        THROWAWAY.iter().fold(self, |options, (key, value)| options.set(*key, *value))
    }

    /// Starts the server for this process alone. It ends with this process,
    /// even a killed one where `setpriv` is installed; elsewhere the next
    /// start ends what was left behind.
    ///
    /// # Errors
    /// When another process uses the folder, no server is installed that fits
    /// it, or the server does not start.
    pub fn start(self) -> Result<Postgres, PostgresError> {
        let (folder, account) = self.prepare()?;
        let locks = folder.take_alone()?;
        let server = self.run(&folder, account.as_ref(), Ends::WithParent)?;
        let running = Running::Alone { server, _locks: locks };
        Ok(Postgres { folder, account, options: self, running })
    }

    /// The server's part of the data folder. One that may be lost is made anew
    /// for every version of the server, so that the same tests run on several.
    fn part(&self) -> Result<String, PostgresError> {
        if self.durable {
            return Ok(PART.to_owned());
        }
        let binaries = Binaries::find(self.binaries.as_deref(), None, &self.folder)?;
        Ok(format!("{PART}-{}", binaries.major))
    }

    fn prepare(&self) -> Result<(Folder, Option<Account>), PostgresError> {
        let part = self.part()?;
        let account = Account::for_server(&self.folder.join(&part))?;
        let folder = Folder::prepare(&self.folder, &part, account.as_ref())?;
        Ok((folder, account))
    }

    fn run(
        &self,
        folder: &Folder,
        account: Option<&Account>,
        ends: Ends,
    ) -> Result<Server, PostgresError> {
        let written_by = folder.written_by();
        let binaries = Binaries::find(self.binaries.as_deref(), written_by, &folder.named)?;
        let runner = Runner::new(folder, &binaries, account)?;
        if written_by.is_none() {
            cluster::create(folder, &runner, self.durable)?;
        }
        server::stop_leftover(folder)?;
        let (settings, within) = (&*self.settings, self.within);
        Launch { folder, runner: &runner, settings, ends, within }.start()
    }
}

impl Postgres {
    /// The URL of the database every server has, for its superuser.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of(NAME)
    }

    /// The URL of another database of this server.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        let socket = percent_encoded(&self.folder.socket.to_string_lossy());
        format!("postgresql:///{}?host={socket}&user={NAME}", percent_encoded(database))
    }

    /// The folder in which the server's socket is.
    #[must_use]
    pub fn socket_folder(&self) -> &Path {
        &self.folder.socket
    }

    /// Where the server writes its log.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.folder.log
    }

    /// The server's process id, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        match &self.running {
            Running::Alone { server, .. } => server.is_running().then(|| server.pid()),
            Running::Shared { .. } => shared::running_pid(&self.folder),
        }
    }

    /// Waits until the server has ended by itself or by somebody else's hand,
    /// and says how. Never returns for a shared server.
    pub async fn ended(&self) -> String {
        match &self.running {
            Running::Alone { server, .. } => server.ended().await,
            Running::Shared { .. } => std::future::pending().await,
        }
    }

    /// Starts the server again after it has ended. One that runs, or is
    /// shared, is left as it is.
    ///
    /// # Errors
    /// When the server does not start.
    pub fn restart(&mut self) -> Result<(), PostgresError> {
        if let Running::Alone { server, .. } = &mut self.running
            && !server.is_running()
        {
            let account = self.account.as_ref();
            *server = self.options.run(&self.folder, account, Ends::WithParent)?;
        }
        Ok(())
    }

    /// Ends all sessions, writes everything down and waits for the server's
    /// end; a shared server is only left. Dropping does the same.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Running::Alone { server, .. } = &self.running {
            server.stop();
        }
    }
}

/// A part of a URL in which everything but the plainest letters is escaped.
fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    text.bytes().fold(String::with_capacity(text.len()), |encoded, byte| {
        if plain(byte) {
            encoded + char::from(byte).encode_utf8(&mut [0; 4])
        } else {
            encoded + &format!("%{byte:02X}")
        }
    })
}
