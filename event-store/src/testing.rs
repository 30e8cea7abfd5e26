//! Logs that something stands before: for tests.

use async_trait::async_trait;
use ulid::Ulid;

use crate::{
    Append, Appended, GroupError, Log, ReadError, StoredEvent, StoredSnapshot, Subscription,
};

/// Stands before a log, and is one thereby: it may count, wait or refuse before
/// the log behind it is asked.
#[async_trait]
pub trait Intercept: Send + Sync + 'static {
    /// The log behind it.
    fn log(&self) -> &dyn Log;

    /// Comes before an append, which goes on unless this refuses it.
    async fn before_append(&self) -> Result<(), GroupError> {
        Ok(())
    }

    /// Comes before events of a tenant are read.
    async fn before_read(&self, _tenant: Ulid) {}

    /// Comes before a snapshot is stored.
    async fn before_snapshot(&self) {}
}

#[async_trait]
impl<T: Intercept> Log for T {
    async fn append_all(&self, group: Vec<Append>) -> Result<Vec<Appended>, GroupError> {
        self.before_append().await?;
        self.log().append_all(group).await
    }

    async fn read_stream(
        &self,
        tenant: Ulid,
        stream: Ulid,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, ReadError> {
        self.before_read(tenant).await;
        self.log().read_stream(tenant, stream, after_version, limit).await
    }

    async fn read_tenant(
        &self,
        tenant: Ulid,
        after_position: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, ReadError> {
        self.before_read(tenant).await;
        self.log().read_tenant(tenant, after_position, limit).await
    }

    async fn head(&self, tenant: Ulid) -> Result<u64, ReadError> {
        self.log().head(tenant).await
    }

    async fn series(&self, tenant: Ulid, names: &[String]) -> Result<Vec<u64>, ReadError> {
        self.log().series(tenant, names).await
    }

    async fn outcome(
        &self,
        tenant: Ulid,
        command_id: Ulid,
    ) -> Result<Option<([u8; 32], Ulid, Appended)>, ReadError> {
        self.log().outcome(tenant, command_id).await
    }

    async fn snapshot(
        &self,
        tenant: Ulid,
        stream: Ulid,
    ) -> Result<Option<StoredSnapshot>, ReadError> {
        self.log().snapshot(tenant, stream).await
    }

    async fn store_snapshot(
        &self,
        tenant: Ulid,
        stream: Ulid,
        snapshot: StoredSnapshot,
    ) -> Result<(), ReadError> {
        self.before_snapshot().await;
        self.log().store_snapshot(tenant, stream, snapshot).await
    }

    fn subscribe(&self) -> Subscription {
        self.log().subscribe()
    }
}
