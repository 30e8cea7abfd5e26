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
        let sql = include_str!("sql/snapshot.sql");
        let rows = self.rows(tenant, sql, &[&uuid(tenant), &uuid(stream)]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let mut snapshot = read(row)?;
        let place = (stream, snapshot.version);
        snapshot.state = self.keys.open_state(tenant, place, &snapshot.state).await?.into();
        Ok(Some(snapshot))
    }

    pub(super) async fn write_snapshot(
        &self,
        tenant: Ulid,
        stream: Ulid,
        snapshot: StoredSnapshot,
    ) -> Result<(), ReadError> {
        let StoredSnapshot { stream_type, version, event_id, fingerprint, state } = snapshot;
        // A state in which somebody was erased is better folded anew.
        let sealed = self.keys.seal_state(tenant, (stream, version), &state).await?;
        let Some(state) = sealed else { return Ok(()) };
        let client = session::client(&self.pool).await?;
        let session = TenantRead { client: &client, tenant };
        session
            .write_disposable(
                include_str!("sql/store_snapshot.sql"),
                &[
                    &uuid(tenant),
                    &uuid(stream),
                    &stream_type,
                    &number(version),
                    &uuid(event_id),
                    &fingerprint.as_slice(),
                    &state,
                ],
            )
            .await
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
