//! A log that counts what is read, and can be held up.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use tokio::sync::Semaphore;
use ulid::Ulid;

use crate::{GroupError, Log, MemoryLog, testing::Intercept};

pub(super) struct Watched {
    pub(super) log: Arc<MemoryLog>,
    /// How often events were read.
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
impl Intercept for Watched {
    fn log(&self) -> &dyn Log {
        &*self.log
    }
    async fn before_append(&self) -> Result<(), GroupError> {
        self.arrived.add_permits(1);
        self.appends.acquire().await.unwrap().forget();
        Ok(())
    }
    async fn before_read(&self, _: Ulid) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }
    async fn before_snapshot(&self) {
        self.snapshots.acquire().await.unwrap().forget();
    }
}
