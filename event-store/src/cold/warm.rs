//! Bringing cold events back into the table.

use deadpool_postgres::{ClientWrapper, Pool};
use tokio_postgres::types::ToSql;
use ulid::Ulid;

use super::{CoolError, Entry};
use crate::{
    ReadError,
    archive::{Columns, EventRow},
    history::{History, Session, Within, entries},
    pg::{failed, moment_of, number, session_client, uuid},
};

/// What was brought back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Warmed {
    /// How many events.
    pub events: u64,
    /// Of how many segments.
    pub segments: u64,
}

/// Brings the last segment of a tenant back into the table, if it has events
/// behind a position; nothing when there is none such any more. Its object
/// stays: a database that is restored to an earlier moment needs it.
///
/// The pool's sessions have the role `tenantry_cold`.
///
/// # Errors
/// When the segment cannot be had, is not what was sealed, or the database
/// refuses; nothing has changed then.
pub async fn warm(
    pool: &Pool,
    history: &History,
    tenant: Ulid,
    after: u64,
) -> Result<Option<Warmed>, CoolError> {
    let mut client = session_client(pool).await?;
    let Some(entry) = last(&mut client, tenant, after).await? else { return Ok(None) };
    let found = history.try_segment(tenant, &entry).await?;
    let segment = found.map_err(|unfetched| unfetched.told(tenant, &entry))?;
    let mut columns = Columns::default();
    for event in segment.events() {
        columns.add(EventRow::of(&event.map_err(ReadError::Fault)?)?);
    }
    let (id, last) = (uuid(tenant), number(entry.last));
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![&id, &last];
    params.extend(columns.params());
    let row = client.query_one(include_str!("sql/warm.sql"), &params).await.map_err(failed)?;
    let is_back: bool = row.try_get(0).map_err(failed)?;
    Ok(is_back.then_some(Warmed { events: entry.last + 1 - entry.first, segments: 1 }))
}

/// The last segment of a tenant with events behind a position.
async fn last(
    client: &mut ClientWrapper,
    tenant: Ulid,
    after: u64,
) -> Result<Option<Entry>, ReadError> {
    let moment = moment_of(client, tenant).await?;
    let session = Within(&*moment);
    let cold = session.cold(tenant).await?;
    if cold <= after {
        return Ok(None);
    }
    Ok(entries(&session, tenant, (cold - 1, cold), 1).await?.into_iter().next())
}
