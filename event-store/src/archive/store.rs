//! Where archives lie: a folder, or a bucket that speaks S3.

use std::{path::Path as Folder, sync::Arc};

use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path};

use super::ArchiveError;

/// A place for one archive. Files appear in it whole or not at all.
#[derive(Clone, Debug)]
pub struct ArchiveStore {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    shown: String,
}

impl ArchiveStore {
    /// A place to write to: a folder, which is made, or a URL like
    /// `s3://bucket/folder`, with the credentials that the usual variables of
    /// its provider name.
    ///
    /// # Errors
    /// When it is neither, or cannot be made.
    pub fn create(place: &str) -> Result<Self, ArchiveError> {
        if !place.contains("://") {
            std::fs::create_dir_all(place).map_err(|error| refused(place, &error))?;
        }
        Self::open(place)
    }

    /// A place to read from.
    ///
    /// # Errors
    /// When it is not there, or is neither folder nor URL.
    pub fn open(place: &str) -> Result<Self, ArchiveError> {
        let shown = place.trim_end_matches('/').to_owned();
        if place.contains("://") {
            let url = place.parse().map_err(|error| refused(place, &error))?;
            let environment = std::env::vars();
            let (store, prefix) = object_store::parse_url_opts(&url, environment)
                .map_err(|error| refused(place, &error))?;
            return Ok(Self { store: store.into(), prefix, shown });
        }
        let folder = Folder::new(place).canonicalize().map_err(|error| refused(place, &error))?;
        let store = LocalFileSystem::new_with_prefix(folder)
            .map_err(|error| refused(place, &error))?
            .with_fsync(true);
        Ok(Self { store: Arc::new(store), prefix: Path::default(), shown })
    }

    /// How a file is named to people.
    #[must_use]
    pub fn show(&self, file: &str) -> String {
        format!("{}/{file}", self.shown)
    }

    /// A file, if it is there.
    pub(crate) async fn get(&self, file: &str) -> Result<Option<Bytes>, ArchiveError> {
        let found = match self.store.get(&self.path(file)).await {
            Ok(found) => found.bytes().await,
            Err(error) => Err(error),
        };
        match found {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(self.failed(file, source)),
        }
    }

    /// Writes a file whole, in place of what had its name.
    pub(crate) async fn put(&self, file: &str, content: Bytes) -> Result<(), ArchiveError> {
        let put = self.store.put(&self.path(file), PutPayload::from_bytes(content)).await;
        put.map(drop).map_err(|source| self.failed(file, source))
    }

    /// Removes a file.
    pub(super) async fn remove(&self, file: &str) -> Result<(), ArchiveError> {
        match self.store.delete(&self.path(file)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(self.failed(file, source)),
        }
    }

    /// The names of all files.
    pub(super) async fn files(&self) -> Result<Vec<String>, ArchiveError> {
        let found = self.store.list_with_delimiter(Some(&self.prefix)).await;
        let found = found.map_err(|source| self.failed("", source))?.objects;
        Ok(found.iter().filter_map(|file| file.location.filename().map(str::to_owned)).collect())
    }

    fn path(&self, file: &str) -> Path {
        file.split('/').fold(self.prefix.clone(), Path::join)
    }

    fn failed(&self, file: &str, source: object_store::Error) -> ArchiveError {
        ArchiveError::Store { file: self.show(file), source }
    }
}

fn refused(place: &str, reason: &dyn std::fmt::Display) -> ArchiveError {
    ArchiveError::Place { place: place.to_owned(), reason: reason.to_string() }
}
