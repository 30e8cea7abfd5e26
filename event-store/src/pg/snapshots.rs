//! States that were put away.

use bytes::Bytes;
use tokio_postgres::Row;
use ulid::Ulid;

use super::{TenantRead, number, session, ulid, unsigned, uuid};
use crate::{PgLog, ReadError, StoredSnapshot};

impl PgLog {
    pub(super) async fn read_snapshot(
        &self,
        tenant: Ulid,
        stream: Ulid,
    ) -> Result<Option<StoredSnapshot>, ReadError> {
        let client = session::client(&self.pool).await?;
        let rows = TenantRead { client: &client, tenant }
            .query(include_str!("sql/snapshot.sql"), &[&uuid(tenant), &uuid(stream)])
            .await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let mut snapshot = read(row)?;
        snapshot.state = self.opened((tenant, stream), snapshot.state).await?;
        Ok(Some(snapshot))
    }

    pub(super) async fn write_snapshot(
        &self,
        tenant: Ulid,
        stream: Ulid,
        snapshot: StoredSnapshot,
    ) -> Result<(), ReadError> {
        let StoredSnapshot { stream_type, version, event_id, fingerprint, state } = snapshot;
        let state = self.sealed((tenant, stream), state).await?;
        let client = session::client(&self.pool).await?;
        session::write_disposable(
            &client,
            tenant,
            include_str!("sql/store_snapshot.sql"),
            &[
                &uuid(tenant),
                &uuid(stream),
                &stream_type,
                &number(version),
                &uuid(event_id),
                &fingerprint.as_slice(),
                &&*state,
            ],
        )
        .await
    }

    /// The bytes of a state as they are stored.
    #[expect(clippy::unused_async, reason = "sealing will look up keys")]
    async fn sealed(&self, _of: (Ulid, Ulid), state: Bytes) -> Result<Bytes, ReadError> {
        Ok(state)
    }

    /// The bytes of a state as they were before they were stored.
    #[expect(clippy::unused_async, reason = "opening will look up keys")]
    async fn opened(&self, _of: (Ulid, Ulid), state: Bytes) -> Result<Bytes, ReadError> {
        Ok(state)
    }
}

/// Reads a row of `snapshot.sql`.
fn read(row: &Row) -> Result<StoredSnapshot, ReadError> {
    let fault = |error: tokio_postgres::Error| ReadError::Fault(error.to_string());
    let fingerprint: &[u8] = row.try_get(3).map_err(fault)?;
    let state: &[u8] = row.try_get(4).map_err(fault)?;
    Ok(StoredSnapshot {
        stream_type: row.try_get(0).map_err(fault)?,
        version: unsigned(row.try_get(1).map_err(fault)?),
        event_id: ulid(row.try_get(2).map_err(fault)?),
        fingerprint: fingerprint
            .try_into()
            .map_err(|_| ReadError::Fault("a fingerprint of wrong length".to_owned()))?,
        state: Bytes::copy_from_slice(state),
    })
}
