//! Writing the events of an archive, in bulk.

use chrono::{DateTime, Utc};
use tokio_postgres::{Client, IsolationLevel, Transaction, types::ToSql};
use uuid::Uuid;

use super::place::Place;
use crate::{
    archive::{
        ArchiveError, ArchiveStore, Progress,
        check::tenant,
        event::{Base64, EventRow},
        format::{EventSegment, Manifest},
        segment::SegmentFile,
        session::{WRITER, act_as, begin},
    },
    pg::uuid,
};

/// Events written by one statement.
const ROWS: usize = 2_000;

/// Bytes of payload in one statement.
const BYTES: usize = 4 * 1024 * 1024;

/// Writes all events that are not in yet, each segment in one transaction.
pub(super) async fn events(
    client: &mut Client,
    store: &ArchiveStore,
    manifest: &Manifest,
    place: &mut Place,
    progress: impl Fn(Progress),
) -> Result<(), ArchiveError> {
    let source = tenant(store, manifest)?;
    let (after, until) = (place.position, place.until);
    let mut left =
        manifest.events.iter().filter(|segment| segment.last > after && segment.first <= until);
    let mut next = load(store, source, left.next(), (after, until)).await?;
    while let Some(batches) = next {
        let (loaded, written) = tokio::join!(
            load(store, source, left.next(), (after, until)),
            write(client, place, &batches)
        );
        place.position = written?;
        next = loaded?;
        progress(Progress { done: place.position, of: until });
    }
    Ok(())
}

/// Reads the events of a segment between two positions.
async fn load(
    store: &ArchiveStore,
    tenant: Uuid,
    segment: Option<&EventSegment>,
    (after, until): (u64, u64),
) -> Result<Option<Vec<Columns>>, ArchiveError> {
    let Some(EventSegment { file, bytes, sha256, first, .. }) = segment else { return Ok(None) };
    let found = SegmentFile::fetch(store, file, *bytes, sha256).await?;
    let first = *first;
    let loading = tokio::task::spawn_blocking(move || {
        let mut batches: Vec<Columns> = vec![];
        found.events(tenant, first, |event| {
            if event.position() > after && event.position() <= until {
                match batches.last_mut() {
                    Some(batch) if !batch.full() => batch.add(event),
                    _ => {
                        let mut batch = Columns::default();
                        batch.add(event);
                        batches.push(batch);
                    }
                }
            }
            Ok(())
        })?;
        Ok::<_, ArchiveError>(batches)
    });
    loading.await?.map(Some)
}

/// Writes the events of a segment. Answers the position of the last.
async fn write(
    client: &mut Client,
    place: &Place,
    batches: &[Columns],
) -> Result<u64, ArchiveError> {
    let last = batches.last().and_then(|batch| batch.positions.last()).copied();
    let last = last.and_then(|last| u64::try_from(last).ok()).unwrap_or(place.position);
    let transaction = begin(client, place.tenant, IsolationLevel::ReadCommitted).await?;
    place.advance(&transaction, last).await?;
    act_as(&transaction, WRITER).await?;
    for batch in batches {
        batch.insert(&transaction, uuid(place.tenant)).await?;
    }
    transaction.commit().await?;
    Ok(last)
}

/// Events as the arguments of one statement: an array per column.
#[derive(Default)]
struct Columns {
    bytes: usize,
    positions: Vec<i64>,
    stream_ids: Vec<Uuid>,
    versions: Vec<i64>,
    stream_types: Vec<String>,
    types: Vec<String>,
    schema_versions: Vec<i16>,
    codecs: Vec<i16>,
    event_ids: Vec<Uuid>,
    occurred_at: Vec<DateTime<Utc>>,
    recorded_at: Vec<DateTime<Utc>>,
    actors: Vec<String>,
    command_ids: Vec<Uuid>,
    correlation_ids: Vec<Uuid>,
    causation_ids: Vec<Option<Uuid>>,
    trace_parents: Vec<Option<String>>,
    metadata: Vec<Option<Vec<u8>>>,
    payloads: Vec<Vec<u8>>,
}

impl Columns {
    fn full(&self) -> bool {
        self.positions.len() >= ROWS || self.bytes >= BYTES
    }

    fn add(&mut self, event: EventRow) {
        self.bytes += event.payload.0.len();
        self.positions.push(event.position);
        self.stream_ids.push(event.stream_id);
        self.versions.push(event.version);
        self.stream_types.push(event.stream_type);
        self.types.push(event.r#type);
        self.schema_versions.push(event.schema_version);
        self.codecs.push(event.codec);
        self.event_ids.push(event.event_id);
        self.occurred_at.push(event.occurred_at.into());
        self.recorded_at.push(event.recorded_at.into());
        self.actors.push(event.actor);
        self.command_ids.push(event.command_id);
        self.correlation_ids.push(event.correlation_id);
        self.causation_ids.push(event.causation_id);
        self.trace_parents.push(event.trace_parent);
        self.metadata.push(event.metadata.map(|Base64(bytes)| bytes));
        self.payloads.push(event.payload.0);
    }

    async fn insert(
        &self,
        transaction: &Transaction<'_>,
        tenant: Uuid,
    ) -> Result<(), ArchiveError> {
        let params: [&(dyn ToSql + Sync); 18] = [
            &tenant,
            &self.positions,
            &self.stream_ids,
            &self.versions,
            &self.stream_types,
            &self.types,
            &self.schema_versions,
            &self.codecs,
            &self.event_ids,
            &self.occurred_at,
            &self.recorded_at,
            &self.actors,
            &self.command_ids,
            &self.correlation_ids,
            &self.causation_ids,
            &self.trace_parents,
            &self.metadata,
            &self.payloads,
        ];
        transaction.execute(include_str!("../sql/insert_events.sql"), &params).await?;
        Ok(())
    }
}
