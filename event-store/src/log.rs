//! What a store can do.

use async_trait::async_trait;
use ulid::Ulid;

use crate::{Append, AppendError, Appended, GroupError, StoredEvent, StoredSnapshot, Subscription};

/// One gapless log of events per tenant.
///
/// Positions are 1, 2, 3 … in the order of commits: whoever has read up to a
/// position has seen everything before it, and will never find anything new
/// there.
#[async_trait]
pub trait Log: Send + Sync + 'static {
    /// Adds events to a stream. When this answers, they are durable.
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let appended = self.append_all(vec![append]).await.map_err(|refused| refused.error)?;
        let nothing = || AppendError::Fault("the log gave no verdict".to_owned());
        appended.into_iter().next().ok_or_else(nothing)
    }

    /// Makes several appends of one tenant, all or none, at consecutive
    /// positions in the order given. Each is judged as though those before it
    /// were stored: it expects the version they leave, refers to it, and may
    /// take a value that they release.
    ///
    /// Sent again with the same command ids, a group gets its first outcomes.
    /// If only part of it was stored before, in other company, it is refused as
    /// [`AppendError::CommandIdReused`].
    async fn append_all(&self, group: Vec<Append>) -> Result<Vec<Appended>, GroupError>;

    /// The events of a stream after a version, oldest first.
    async fn read_stream(
        &self,
        tenant: Ulid,
        stream: Ulid,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, ReadError>;

    /// The events of a tenant after a position, oldest first.
    async fn read_tenant(
        &self,
        tenant: Ulid,
        after_position: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, ReadError>;

    /// The position of the tenant's last event; 0 when there is none.
    async fn head(&self, tenant: Ulid) -> Result<u64, ReadError>;

    /// The last numbers taken from series, in the order asked; 0 when none was.
    async fn series(&self, tenant: Ulid, names: &[String]) -> Result<Vec<u64>, ReadError>;

    /// What became of a command, if it was recorded: the hash of its request,
    /// its stream, and where its events went.
    async fn outcome(
        &self,
        tenant: Ulid,
        command_id: Ulid,
    ) -> Result<Option<([u8; 32], Ulid, Appended)>, ReadError>;

    /// The snapshot of a stream, if there is one. It may be of another shape,
    /// or of another history: whoever uses it looks.
    async fn snapshot(
        &self,
        _tenant: Ulid,
        _stream: Ulid,
    ) -> Result<Option<StoredSnapshot>, ReadError> {
        Ok(None)
    }

    /// Puts a snapshot of a stream in the place of the one before. A log that
    /// keeps none loses nothing.
    async fn store_snapshot(
        &self,
        _tenant: Ulid,
        _stream: Ulid,
        _snapshot: StoredSnapshot,
    ) -> Result<(), ReadError> {
        Ok(())
    }

    /// Wakes whoever waits for new events. Hints: some may be lost, polling is
    /// part of the subscription.
    fn subscribe(&self) -> Subscription;
}

/// Why the log could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The log could not be reached, or broke off.
    #[error("the log cannot be reached: {0}")]
    Unavailable(String),
    /// The log answered something that makes no sense.
    #[error("the log failed: {0}")]
    Fault(String),
}
