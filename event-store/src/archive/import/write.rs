//! Writing the events of an archive, in bulk.

use tokio_postgres::{Client, IsolationLevel, types::ToSql};
use uuid::Uuid;

use super::place::Place;
use crate::{
    archive::{
        ArchiveError, ArchiveStore, Progress,
        check::tenant,
        columns::Columns,
        format::{EventSegment, Manifest},
        segment::SegmentFile,
        session::{WRITER, act_as, begin},
    },
    pg::{unsigned, uuid},
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
                if batches.last().is_none_or(is_full) {
                    batches.push(Columns::default());
                }
                if let Some(batch) = batches.last_mut() {
                    batch.add(event);
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
    let last = batches.last().and_then(|batch| batch.positions().last()).copied();
    let last = last.map_or(place.position, unsigned);
    let transaction = begin(client, place.tenant, IsolationLevel::ReadCommitted).await?;
    place.advance(&transaction, last).await?;
    act_as(&transaction, WRITER).await?;
    let tenant = uuid(place.tenant);
    for batch in batches {
        let positions = batch.positions();
        let mut params: Vec<&(dyn ToSql + Sync)> = vec![&tenant, &positions];
        params.extend(batch.params());
        transaction.execute(include_str!("../sql/insert_events.sql"), &params).await?;
    }
    transaction.commit().await?;
    Ok(last)
}

/// Whether a statement should have no more events than these.
fn is_full(batch: &Columns) -> bool {
    batch.len() >= ROWS || batch.payload_bytes() >= BYTES
}
