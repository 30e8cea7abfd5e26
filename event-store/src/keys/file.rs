//! Files that hold secrets: complete or not there, and their owner's alone.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use ulid::Ulid;

/// A file that appears under its name only when all of it is written. Until
/// then, and if it never comes to that, nothing of it is seen.
#[derive(Debug)]
pub struct SecretFile {
    path: PathBuf,
    unfinished: PathBuf,
    file: File,
}

impl SecretFile {
    /// Begins a file beside the one that it is going to be.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn begin(path: &Path) -> io::Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".new-{}", Ulid::generate()));
        let unfinished = PathBuf::from(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        Ok(Self { path: path.to_owned(), unfinished, file })
    }

    /// Gives it its name, in place of whatever had it.
    ///
    /// # Errors
    /// When it cannot be written to the end.
    pub fn replace(self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.unfinished, &self.path)
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) when another file has
    /// it, or when it cannot be written to the end.
    pub fn create(self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::hard_link(&self.unfinished, &self.path)
    }
}

impl Write for SecretFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        // After a replacement there is none under this name.
        let _left = fs::remove_file(&self.unfinished);
    }
}

/// The mode of a file that others than its owner can read. A group may read
/// root's: that is how Kubernetes hands secrets to an unprivileged process.
///
/// # Errors
/// When the file cannot be looked at.
pub fn exposed(path: &Path) -> io::Result<Option<u32>> {
    let metadata = fs::metadata(path)?;
    let mode = metadata.mode() & 0o777;
    let allowed = if metadata.uid() == 0 { 0o740 } else { 0o700 };
    Ok((mode & !allowed != 0).then_some(mode))
}
