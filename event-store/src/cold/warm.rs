//! Bringing cold events back into the table.

use chrono::{DateTime, Utc};
use deadpool_postgres::Pool;
use tokio_postgres::types::ToSql;
use ulid::Ulid;
use uuid::Uuid;

use super::{CoolError, Entry, Segment, cooler::moment};
use crate::{
    ReadError,
    history::{Column, History, RawEvent, Session, Within, entries},
    pg::{failed, number, session_client, uuid},
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
    let columns = Columns::of(&segment, &entry)?;
    let events = entry.last + 1 - entry.first;
    let is_back = columns.bring_back(&client, tenant, entry.last).await?;
    Ok(is_back.then_some(Warmed { events, segments: 1 }))
}

/// The last segment of a tenant with events behind a position.
async fn last(
    client: &mut tokio_postgres::Client,
    tenant: Ulid,
    after: u64,
) -> Result<Option<Entry>, ReadError> {
    let moment = moment(client, tenant).await?;
    let session = Within(&moment);
    let cold = session.cold(tenant).await?;
    if cold <= after {
        return Ok(None);
    }
    Ok(entries(&session, tenant, (cold - 1, cold), 1).await?.into_iter().next())
}

/// Events as the arguments of one statement: an array per column.
#[derive(Default)]
struct Columns {
    streams: Vec<Uuid>,
    versions: Vec<i64>,
    stream_types: Vec<String>,
    types: Vec<String>,
    schema_versions: Vec<i16>,
    codecs: Vec<i16>,
    events: Vec<Uuid>,
    occurred_at: Vec<DateTime<Utc>>,
    recorded_at: Vec<DateTime<Utc>>,
    actors: Vec<String>,
    commands: Vec<Uuid>,
    correlations: Vec<Uuid>,
    causations: Vec<Option<Uuid>>,
    trace_parents: Vec<Option<String>>,
    metadata: Vec<Option<Vec<u8>>>,
    payloads: Vec<Vec<u8>>,
}

impl Columns {
    fn of(segment: &Segment, entry: &Entry) -> Result<Self, ReadError> {
        let mut columns = Self::default();
        for position in entry.first..=entry.last {
            let event = segment.at(position).map_err(ReadError::Fault)?;
            if let Some(event) = event {
                columns.add(&event)?;
            }
        }
        Ok(columns)
    }

    fn add(&mut self, event: &RawEvent) -> Result<(), ReadError> {
        self.streams.push(event.get(Column::Stream)?);
        self.versions.push(event.get(Column::Version)?);
        self.stream_types.push(event.get(Column::StreamType)?);
        self.types.push(event.get(Column::Type)?);
        self.schema_versions.push(event.get(Column::SchemaVersion)?);
        self.codecs.push(event.get(Column::Codec)?);
        self.events.push(event.get(Column::Event)?);
        self.occurred_at.push(event.get(Column::OccurredAt)?);
        self.recorded_at.push(event.get(Column::RecordedAt)?);
        self.actors.push(event.get(Column::Actor)?);
        self.commands.push(event.get(Column::Command)?);
        self.correlations.push(event.get(Column::Correlation)?);
        self.causations.push(event.get(Column::Causation)?);
        self.trace_parents.push(event.get(Column::TraceParent)?);
        self.metadata.push(event.get(Column::Metadata)?);
        self.payloads.push(event.get(Column::Payload)?);
        Ok(())
    }

    async fn bring_back(
        &self,
        client: &tokio_postgres::Client,
        tenant: Ulid,
        last: u64,
    ) -> Result<bool, ReadError> {
        let (tenant, last) = (uuid(tenant), number(last));
        let params: [&(dyn ToSql + Sync); 18] = [
            &tenant,
            &last,
            &self.streams,
            &self.versions,
            &self.stream_types,
            &self.types,
            &self.schema_versions,
            &self.codecs,
            &self.events,
            &self.occurred_at,
            &self.recorded_at,
            &self.actors,
            &self.commands,
            &self.correlations,
            &self.causations,
            &self.trace_parents,
            &self.metadata,
            &self.payloads,
        ];
        let row = client.query_one(include_str!("sql/warm.sql"), &params).await.map_err(failed)?;
        row.try_get(0).map_err(failed)
    }
}
