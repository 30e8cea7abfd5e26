//! Whatever encrypts the keys of tenants: the one thing that must not be lost,
//! and that no copy of the database contains.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::kernel::Timestamp;
use sha2::{Digest, Sha256};
use ulid::Ulid;
use zeroize::Zeroizing;

use super::file::{SecretFile, exposed};
use super::{
    KeyError,
    cipher::{Cipher, KEY, Secret, generate},
};

/// A tenant's key as the database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// Which master key it needs.
    pub master: String,
    /// The key, encrypted.
    pub bytes: Vec<u8>,
}

/// Encrypts the keys of tenants: a file of master keys, or a key management
/// service.
#[async_trait]
pub trait KeyEncryption: std::fmt::Debug + Send + Sync {
    /// Encrypts a tenant's key under the newest master key.
    async fn wrap(&self, tenant: Ulid, key: &[u8]) -> Result<Wrapped, KeyError>;
    /// Decrypts a tenant's key.
    async fn unwrap(&self, tenant: Ulid, wrapped: &Wrapped)
    -> Result<Zeroizing<Vec<u8>>, KeyError>;
}

/// No master key at all: personal data can neither be written nor read.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoKeys;

#[async_trait]
impl KeyEncryption for NoKeys {
    async fn wrap(&self, _: Ulid, _: &[u8]) -> Result<Wrapped, KeyError> {
        Err(KeyError::NoMasterKey)
    }
    async fn unwrap(&self, _: Ulid, _: &Wrapped) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        Err(KeyError::NoMasterKey)
    }
}

/// Master keys in a file, one per line: its name, when it was made, and the
/// key in base64. The last one encrypts; all of them decrypt.
#[derive(Debug)]
pub struct MasterKeys {
    path: Option<PathBuf>,
    keys: RwLock<Vec<Master>>,
}

/// One master key.
#[derive(Clone, Debug)]
struct Master {
    id: String,
    created_at: Timestamp,
    key: Arc<Secret>,
}

impl Master {
    fn generate(now: Timestamp) -> Result<Self, KeyError> {
        Ok(Self::of(generate()?, now))
    }

    fn of(key: Secret, created_at: Timestamp) -> Self {
        let hash = Sha256::digest(&*key);
        let id = hash.iter().take(6).fold(String::new(), |mut id, byte| {
            // Writing to a string cannot fail.
            let _ = write!(id, "{byte:02x}");
            id
        });
        Self { id, created_at, key: Arc::new(key) }
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (id, created_at, key) = (words.next()?, words.next()?, words.next()?);
        let key = Zeroizing::new(STANDARD.decode(key).ok()?);
        let master = Self::of(key, created_at.parse().ok()?);
        (words.next().is_none() && master.key.len() == KEY && master.id == id).then_some(master)
    }

    fn line(&self) -> Zeroizing<String> {
        let key = Zeroizing::new(STANDARD.encode(&**self.key));
        Zeroizing::new(format!("{} {} {}\n", self.id, self.created_at, *key))
    }
}

impl MasterKeys {
    /// A master key that is kept nowhere, for tests.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn ephemeral() -> Result<Self, KeyError> {
        let key = Master::generate(Timestamp::default())?;
        Ok(Self { path: None, keys: RwLock::new(vec![key]) })
    }

    /// Reads the keys of a file.
    ///
    /// # Errors
    /// When it cannot be read, others can read it, or it holds something else.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        let keys = read(path).map_err(|source| at(path, source))?;
        Ok(Self { path: Some(path.to_owned()), keys: RwLock::new(keys) })
    }

    /// Reads the keys of a file, or makes a first one there when there is no
    /// file. Several processes may do this at once: all get the same key.
    ///
    /// # Errors
    /// As [`open`](Self::open), or when the file cannot be made.
    pub fn open_or_create(path: &Path, now: Timestamp) -> Result<Self, KeyError> {
        if !path.exists() {
            let key = Master::generate(now)?;
            let created = SecretFile::begin(path)
                .and_then(|file| write(file, &[key]))
                .and_then(SecretFile::create);
            match created {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                created => created.map_err(|source| at(path, source))?,
            }
        }
        Self::open(path)
    }

    /// The names of the keys and when they were made, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<(String, Timestamp)> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().map(|key| (key.id.clone(), key.created_at)).collect()
    }

    /// Adds a key, which encrypts from now on.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&self, now: Timestamp) -> Result<String, KeyError> {
        let key = Master::generate(now)?;
        let id = key.id.clone();
        self.change(|keys| keys.push(key))?;
        Ok(id)
    }

    /// Destroys the keys made before a moment, except the newest. Whatever
    /// only they decrypt, in any copy of the database, is lost for ever.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn destroy_before(&self, moment: Timestamp) -> Result<Vec<String>, KeyError> {
        let mut destroyed = vec![];
        self.change(|keys| {
            let newest = keys.last().map(|key| key.id.clone()).unwrap_or_default();
            keys.retain(|key| {
                let keep = key.created_at >= moment || key.id == newest;
                if !keep {
                    destroyed.push(key.id.clone());
                }
                keep
            });
        })?;
        Ok(destroyed)
    }

    /// Changes the keys as the file has them now: another process may have
    /// changed it since it was read, and waits while this one does.
    fn change(&self, change: impl FnOnce(&mut Vec<Master>)) -> Result<(), KeyError> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let Some(path) = &self.path else {
            change(&mut keys);
            return Ok(());
        };
        let rewrite = || {
            let _alone = lock(path)?;
            let mut changed = read(path)?;
            change(&mut changed);
            write(SecretFile::begin(path)?, &changed)?.replace()?;
            Ok(changed)
        };
        *keys = rewrite().map_err(|source| at(path, source))?;
        Ok(())
    }

    /// A key of a name. Another process may have added it to the file.
    fn find(&self, id: &str) -> Result<Master, KeyError> {
        let known = || {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            keys.iter().find(|key| key.id == id).cloned()
        };
        if let Some(key) = known() {
            return Ok(key);
        }
        if let Some(path) = &self.path {
            let keys = read(path).map_err(|source| at(path, source))?;
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        }
        known().ok_or_else(|| KeyError::UnknownMasterKey(id.to_owned()))
    }
}

#[async_trait]
impl KeyEncryption for MasterKeys {
    async fn wrap(&self, tenant: Ulid, key: &[u8]) -> Result<Wrapped, KeyError> {
        let newest = {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            keys.last().cloned().ok_or(KeyError::NoMasterKey)?
        };
        let bytes = Cipher::new(&newest.key)?.seal(&tenant.0.to_be_bytes(), key)?;
        Ok(Wrapped { master: newest.id, bytes })
    }

    async fn unwrap(
        &self,
        tenant: Ulid,
        wrapped: &Wrapped,
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let key = self.find(&wrapped.master)?;
        Cipher::new(&key.key)?.open(&tenant.0.to_be_bytes(), &wrapped.bytes)
    }
}

/// Keeps others from changing a file until this is dropped. The lock is on the
/// folder, since the file is replaced.
fn lock(path: &Path) -> io::Result<File> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or(Path::new(".")))?;
    folder.lock()?;
    Ok(folder)
}

fn at(path: &Path, source: io::Error) -> KeyError {
    KeyError::File { path: path.to_owned(), source: Arc::new(source) }
}

fn read(path: &Path) -> io::Result<Vec<Master>> {
    let invalid = |why: String| io::Error::new(ErrorKind::InvalidData, why);
    if let Some(mode) = exposed(path)? {
        return Err(invalid(format!("others can read it (mode {mode:o}); run chmod 600 on it")));
    }
    let text = Zeroizing::new(fs::read_to_string(path)?);
    let lines = text.lines().enumerate();
    let keys = lines.filter(|(_, line)| !line.trim().is_empty()).map(|(number, line)| {
        Master::parse(line).ok_or_else(|| invalid(format!("line {} is no master key", number + 1)))
    });
    let keys: Vec<Master> = keys.collect::<io::Result<_>>()?;
    if keys.is_empty() { Err(invalid("there is no key in it".to_owned())) } else { Ok(keys) }
}

/// The text of a file of these keys.
fn write(mut file: SecretFile, keys: &[Master]) -> io::Result<SecretFile> {
    for key in keys {
        file.write_all(key.line().as_bytes())?;
    }
    Ok(file)
}
