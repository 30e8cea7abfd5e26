//! Segments, fetched from where they lie and kept in memory for a while.

use std::{fmt, sync::Arc, time::Instant};

use moka::sync::Cache;
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram},
};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use ulid::Ulid;

use super::{Entry, Index, Segment};
use crate::{
    ReadError, TenantId,
    archive::{ArchiveError, ArchiveStore},
};

/// Segments that are fetched at once: each is unpacked in memory.
const AT_ONCE: usize = 2;
/// The part of the memory that goes to indexes.
const INDEXES: u64 = 8;

/// A segment, whatever became of its positions: one that is written anew has
/// another hash.
type Key = (Ulid, Vec<u8>);

/// Where segments lie, and those that were read last.
pub struct Cold {
    place: ArchiveStore,
    segments: Cache<Key, Arc<Segment>>,
    indexes: Cache<Key, Index>,
    fetching: Semaphore,
    fetched: Counter<u64>,
    seconds: Histogram<f64>,
}

impl fmt::Debug for Cold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cold").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Why a segment cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfetched {
    /// The place does not have the object.
    Missing(String),
    /// The object is not the one that was written.
    Damaged(String),
    /// The place does not answer.
    Away(String),
}

impl Unfetched {
    /// What is to be told of it.
    pub(crate) fn detail(&self) -> &str {
        match self {
            Self::Missing(detail) | Self::Damaged(detail) | Self::Away(detail) => detail,
        }
    }

    /// The same to whoever reads events of a tenant.
    pub(crate) fn told(&self, tenant: Ulid, entry: &Entry) -> ReadError {
        let told = format!(
            "positions {} to {} of {} lie in cold storage: {}",
            entry.first,
            entry.last,
            TenantId(tenant),
            self.detail()
        );
        match self {
            Self::Away(_) => ReadError::Unavailable(told),
            Self::Missing(_) | Self::Damaged(_) => ReadError::Fault(told),
        }
    }
}

impl Cold {
    /// Segments in a place, a folder or a URL like `s3://bucket/folder`, of
    /// which about so many bytes are kept in memory.
    ///
    /// # Errors
    /// When the place is neither, or a folder that cannot be made.
    pub fn open(place: &str, cache_bytes: u64) -> Result<Arc<Self>, ArchiveError> {
        let meter = opentelemetry::global::meter("tenantry");
        let segments = Cache::builder()
            .weigher(|_, segment: &Arc<Segment>| segment.weight())
            .max_capacity(cache_bytes)
            .build();
        let indexes = Cache::builder()
            .weigher(|_, index: &Index| index.weight())
            .max_capacity(cache_bytes / INDEXES)
            .build();
        Ok(Arc::new(Self {
            place: ArchiveStore::create(place)?,
            segments,
            indexes,
            fetching: Semaphore::new(AT_ONCE),
            fetched: meter
                .u64_counter("log_cold_segments_read_total")
                .with_description("Segments asked for: from memory, fetched, or failed.")
                .build(),
            seconds: meter
                .f64_histogram("log_cold_fetch_duration_seconds")
                .with_description("Time to fetch, check and unpack a segment.")
                .build(),
        }))
    }

    pub(super) fn place(&self) -> &ArchiveStore {
        &self.place
    }

    /// A segment of a tenant.
    pub(crate) async fn segment(
        &self,
        tenant: Ulid,
        entry: &Entry,
    ) -> Result<Arc<Segment>, Unfetched> {
        let key = (tenant, entry.sha256.clone());
        let count = |from| self.fetched.add(1, &[KeyValue::new("from", from)]);
        if let Some(segment) = self.segments.get(&key) {
            count("memory");
            return Ok(segment);
        }
        let _permit = self.fetching.acquire().await;
        // Somebody else may have fetched it meanwhile.
        if let Some(segment) = self.segments.get(&key) {
            count("memory");
            return Ok(segment);
        }
        let begun = Instant::now();
        let fetched = self.fetch(tenant, entry).await;
        count(if fetched.is_ok() { "place" } else { "nowhere" });
        let segment = fetched?;
        self.seconds.record(begun.elapsed().as_secs_f64(), &[]);
        self.segments.insert(key, segment.clone());
        Ok(segment)
    }

    /// Fetches a segment past the memory, and looks whether it is whole.
    pub(crate) async fn fetch(
        &self,
        tenant: Ulid,
        entry: &Entry,
    ) -> Result<Arc<Segment>, Unfetched> {
        let shown = self.place.show(&entry.object);
        let away = |error: &dyn fmt::Display| Unfetched::Away(format!("{shown}: {error}"));
        let found = self.place.get(&entry.object).await.map_err(|error| away(&error))?;
        let Some(object) = found else {
            return Err(Unfetched::Missing(format!(
                "{shown} is missing; put it back from a copy of that place"
            )));
        };
        let wanted = entry.clone();
        let unpacking = tokio::task::spawn_blocking(move || {
            if object.len() as u64 != wanted.bytes {
                return Err(format!("it has {} bytes instead of {}", object.len(), wanted.bytes));
            }
            if Sha256::digest(&object).as_slice() != wanted.sha256 {
                return Err("its SHA-256 is another".to_owned());
            }
            Segment::unpack(&object, tenant, (wanted.first, wanted.last), wanted.text_bytes)
        });
        let unpacked = unpacking.await.map_err(|error| away(&error))?;
        unpacked.map(Arc::new).map_err(|what| {
            Unfetched::Damaged(format!(
                "{shown} is damaged, {what}; put it back from a copy of that place"
            ))
        })
    }

    /// The streams of a segment, if they are in memory.
    pub(crate) fn index(&self, tenant: Ulid, entry: &Entry) -> Option<Index> {
        self.indexes.get(&(tenant, entry.sha256.clone()))
    }

    /// Keeps the streams of a segment.
    pub(crate) fn remember(&self, tenant: Ulid, entry: &Entry, index: Index) {
        self.indexes.insert((tenant, entry.sha256.clone()), index);
    }
}
