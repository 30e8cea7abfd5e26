//! A log that counts what is read, and can be held up.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use tokio::sync::Semaphore;
use ulid::Ulid;

use crate::{
    Append, Appended, GroupError, Log, MemoryLog, ReadError, StoredEvent, StoredSnapshot,
    Subscription,
};

pub(super) struct Watched {
    pub(super) log: Arc<MemoryLog>,
    /// Streams that were read.
    pub(super) reads: AtomicUsize,
    /// Appends that have arrived.
    pub(super) arrived: Semaphore,
    /// Appends that may go on.
    pub(super) appends: Semaphore,
    /// Snapshots that may be stored.
    pub(super) snapshots: Semaphore,
}

impl Watched {
    /// One that lets everything through.
    pub(super) fn open(log: Arc<MemoryLog>) -> Self {
        let open = || Semaphore::new(Semaphore::MAX_PERMITS);
        Self {
            log,
            reads: AtomicUsize::new(0),
            arrived: Semaphore::new(0),
            appends: open(),
            snapshots: open(),
        }
    }

    pub(super) fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Log for Watched {
    async fn append_all(&self, group: Vec<Append>) -> Result<Vec<Appended>, GroupError> {
        self.arrived.add_permits(1);
        self.appends.acquire().await.unwrap().forget();
        self.log.append_all(group).await
    }
    async fn read_stream(
        &self,
        tenant: Ulid,
        stream: Ulid,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, ReadError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.log.read_stream(tenant, stream, after_version, limit).await
    }
    async fn read_tenant(
        &self,
        tenant: Ulid,
        after_position: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, ReadError> {
        self.log.read_tenant(tenant, after_position, limit).await
    }
    async fn head(&self, tenant: Ulid) -> Result<u64, ReadError> {
        self.log.head(tenant).await
    }
    async fn series(&self, tenant: Ulid, names: &[String]) -> Result<Vec<u64>, ReadError> {
        self.log.series(tenant, names).await
    }
    async fn outcome(
        &self,
        tenant: Ulid,
        command_id: Ulid,
    ) -> Result<Option<([u8; 32], Ulid, Appended)>, ReadError> {
        self.log.outcome(tenant, command_id).await
    }
    async fn snapshot(
        &self,
        tenant: Ulid,
        stream: Ulid,
    ) -> Result<Option<StoredSnapshot>, ReadError> {
        self.log.snapshot(tenant, stream).await
    }
    async fn store_snapshot(
        &self,
        tenant: Ulid,
        stream: Ulid,
        snapshot: StoredSnapshot,
    ) -> Result<(), ReadError> {
        self.snapshots.acquire().await.unwrap().forget();
        self.log.store_snapshot(tenant, stream, snapshot).await
    }
    fn subscribe(&self) -> Subscription {
        self.log.subscribe()
    }
}
