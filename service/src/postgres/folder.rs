//! The server's part of the data folder, and who may use it.
//!
//! `postgres/cluster` is the database, `postgres/socket` the way in (no TCP
//! port, no password), `postgres/server.log` what the server says; `lock` and
//! `users` say who is here.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{PostgresError, account::Account};

/// The longest path a socket may have is 107 bytes on Linux and 103 on macOS.
const LONGEST_SOCKET_PATH: usize = 103;

/// The name PostgreSQL gives its socket.
const SOCKET: &str = ".s.PGSQL.5432";

/// The paths of one embedded server.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    /// The data folder this is a part of, as it was named.
    pub(super) named: PathBuf,
    /// The server's part of it.
    pub(super) root: PathBuf,
    pub(super) cluster: PathBuf,
    pub(super) socket: PathBuf,
    pub(super) log: PathBuf,
}

/// Locked files. They are unlocked by hand, because closing them is not enough
/// while another thread starts a program: for a moment that has them open too.
#[derive(Debug)]
pub(super) struct Locks(Vec<File>);

impl Drop for Locks {
    fn drop(&mut self) {
        for file in &self.0 {
            let _unlocked = file.unlock();
        }
    }
}

impl Folder {
    /// Makes the folders that are missing and gives them to the server's user.
    pub(super) fn prepare(
        named: &Path,
        part: &str,
        account: Option<&Account>,
    ) -> Result<Self, PostgresError> {
        fs::create_dir_all(named).map_err(PostgresError::file("create folder", named))?;
        let data = named.canonicalize().map_err(PostgresError::file("resolve folder", named))?;
        let root = data.join(part);
        let socket = socket_folder(&root);
        for folder in [&root, &socket] {
            private_folder(folder, account)?;
        }
        Ok(Self {
            named: named.to_owned(),
            cluster: root.join("cluster"),
            log: root.join("server.log"),
            socket,
            root,
        })
    }

    /// The major version that wrote the cluster, if there is one.
    pub(super) fn written_by(&self) -> Option<u32> {
        fs::read_to_string(self.cluster.join("PG_VERSION")).ok()?.trim().parse().ok()
    }

    /// The last lines of the server's log.
    pub(super) fn log_tail(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().collect();
        lines.split_at(lines.len().saturating_sub(12)).1.join("\n")
    }

    pub(super) fn users_path(&self) -> PathBuf {
        self.root.join("users")
    }

    fn open(&self, name: &str) -> Result<File, PostgresError> {
        let path = self.root.join(name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        options.open(&path).map_err(PostgresError::file("open", path))
    }

    /// Takes the folder for this process alone, until the locks are dropped.
    pub(super) fn take_alone(&self) -> Result<Locks, PostgresError> {
        let mut lock = self.open("lock")?;
        self.claim(&mut lock, File::try_lock)?;
        let _noted = write!(lock, "{}", std::process::id());
        let users = self.open("users")?;
        // Nobody but the watchman of a shared server can have it now.
        users.lock().map_err(PostgresError::file("lock", self.users_path()))?;
        Ok(Locks(vec![lock, users]))
    }

    /// Takes the folder together with others, until the locks are dropped.
    pub(super) fn take_shared(&self) -> Result<Locks, PostgresError> {
        let mut lock = self.open("lock")?;
        self.claim(&mut lock, File::try_lock_shared)?;
        let users = self.open("users")?;
        // Waits while the watchman stops the server of those before us.
        users.lock_shared().map_err(PostgresError::file("lock", self.users_path()))?;
        Ok(Locks(vec![lock, users]))
    }

    /// Waits for the turn to start a shared server, until the lock is dropped.
    pub(super) fn take_turn(&self) -> Result<Locks, PostgresError> {
        let turn = self.open("turn")?;
        turn.lock().map_err(PostgresError::file("lock", self.root.join("turn")))?;
        Ok(Locks(vec![turn]))
    }

    fn claim(
        &self,
        lock: &mut File,
        how: fn(&File) -> Result<(), TryLockError>,
    ) -> Result<(), PostgresError> {
        match how(lock) {
            Ok(()) => {
                // The number in it helps whoever finds it taken; nothing more.
                let _kept = lock.set_len(0).and_then(|()| lock.rewind());
                Ok(())
            }
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                let _unknown = lock.read_to_string(&mut owner);
                let pid = owner.trim().parse().ok();
                Err(PostgresError::InUse { folder: self.named.clone(), pid })
            }
            Err(TryLockError::Error(source)) => {
                Err(PostgresError::file("lock", self.root.join("lock"))(source))
            }
        }
    }
}

/// Where the socket goes: into the data folder, unless its path were too long.
fn socket_folder(root: &Path) -> PathBuf {
    let socket = root.join("socket");
    if socket.as_os_str().len() + 1 + SOCKET.len() <= LONGEST_SOCKET_PATH {
        return socket;
    }
    let digest: [u8; 32] = Sha256::digest(root.as_os_str().as_encoded_bytes()).into();
    let key = digest.into_iter().take(8).fold(0_u64, |key, byte| key << 8 | u64::from(byte));
    Path::new("/tmp").join(format!("tenantry-{key:016x}"))
}

/// A folder for the server's user alone. What already stands in its place is
/// used only if nobody else could have put it there.
fn private_folder(path: &Path, account: Option<&Account>) -> Result<(), PostgresError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let found = fs::symlink_metadata(path).map_err(PostgresError::file("look at", path))?;
            let me = rustix::process::geteuid().as_raw();
            let ours = found.uid() == me || account.is_some_and(|account| account.is(found.uid()));
            if !(found.is_dir() && ours) {
                let stranger = std::io::Error::other("it belongs to another user");
                return Err(PostgresError::file("use folder", path)(stranger));
            }
        }
        made => made.map_err(PostgresError::file("create folder", path))?,
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        .map_err(PostgresError::file("close to others", path))?;
    account.map_or(Ok(()), |account| account.own(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_data_folder_gets_a_short_socket() {
        let near = Path::new("/data/postgres");
        assert_eq!(socket_folder(near), Path::new("/data/postgres/socket"));
        let far = PathBuf::from(format!("/{}/postgres", "long".repeat(30)));
        let short = socket_folder(&far);
        assert!(short.starts_with("/tmp") && short.as_os_str().len() < 40, "{short:?}");
        assert_eq!(short, socket_folder(&far));
        assert_ne!(short, socket_folder(&far.join("other")));
    }
}
