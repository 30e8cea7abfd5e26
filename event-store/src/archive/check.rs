//! Reading an archive from end to end, to see that it is what it says.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use domain::kernel::{Registry, Timestamp};
use uuid::Uuid;

use super::{
    ArchiveError, ArchiveStore, Progress,
    event::EventRow,
    format::{EventSegment, FIX, MANIFEST, Manifest},
    segment::SegmentFile,
    state,
    trust::{Growing, Proven, Trust},
};
use crate::{
    TenantId, decode,
    keys::leave_out_sealed,
    pg::{ulid, uuid},
};

/// What an archive was found to hold.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Its manifest.
    pub manifest: Manifest,
    /// How many streams have events in it.
    pub streams: u64,
    /// How many rows it has of other tables.
    pub rows: BTreeMap<&'static str, u64>,
    /// How many bytes the files have.
    pub bytes: u64,
    /// Whether its events are those that were signed.
    pub proven: Proven,
    /// The last position that was recorded by the time that was asked for.
    pub(super) at_time: u64,
}

/// Reads a whole archive: every checksum, every position and version, every
/// event as it is declared, and whether they are those that were signed.
///
/// Takes memory for each stream, about 50 bytes.
///
/// # Errors
/// At the first thing that is not as it must be, naming the file.
pub async fn check(
    store: &ArchiveStore,
    registry: &Arc<Registry>,
    trust: &Trust,
    progress: impl Fn(Progress),
) -> Result<Checked, ArchiveError> {
    check_at(store, registry, trust, None, progress).await
}

/// Checks, and finds the position of a time on the way.
pub(super) async fn check_at(
    store: &ArchiveStore,
    registry: &Arc<Registry>,
    trust: &Trust,
    time: Option<Timestamp>,
    progress: impl Fn(Progress),
) -> Result<Checked, ArchiveError> {
    let manifest = Manifest::read(store).await?;
    let (tenant, file) = (tenant(store, &manifest)?, store.show(MANIFEST));
    let checker = Checker {
        tenant,
        growing: trust.begin(&file, ulid(tenant), manifest.checkpoint.as_deref())?,
        registry: registry.clone(),
        versions: HashMap::new(),
        time,
        at_time: 0,
        last_event: None,
    };
    let checker = walk(store, &manifest, checker, Checker::segment, progress).await?;
    if checker.last_event != manifest.last_event {
        return Err(ArchiveError::Damaged {
            file,
            what: "it names another last event than there is".to_owned(),
            fix: FIX,
        });
    }
    let events: u64 = manifest.events.iter().map(|segment| segment.bytes).sum();
    let state: u64 = manifest.state.iter().map(|segment| segment.bytes).sum();
    Ok(Checked {
        rows: rows(store, &manifest).await?,
        manifest,
        streams: checker.versions.len() as u64,
        bytes: events + state,
        proven: checker.growing.end(&file)?,
        at_time: checker.at_time,
    })
}

/// Whose archive it is.
pub(super) fn tenant(store: &ArchiveStore, manifest: &Manifest) -> Result<Uuid, ArchiveError> {
    let id: Result<TenantId, _> = manifest.tenant.id.parse();
    id.map(|id| uuid(id.0)).map_err(|error| ArchiveError::Damaged {
        file: store.show(MANIFEST),
        what: error.to_string(),
        fix: FIX,
    })
}

/// Hands all segments of events, in their order, to a visitor that works
/// beside the fetching.
pub(super) async fn walk<V: Send + 'static>(
    store: &ArchiveStore,
    manifest: &Manifest,
    mut visitor: V,
    visit: fn(&mut V, &SegmentFile, &EventSegment) -> Result<(), ArchiveError>,
    progress: impl Fn(Progress),
) -> Result<V, ArchiveError> {
    let mut segments = manifest.events.iter();
    let mut next = fetch(store, segments.next()).await?;
    while let Some((file, segment)) = next {
        let done = segment.last;
        let visiting = tokio::task::spawn_blocking(move || {
            visit(&mut visitor, &file, &segment)?;
            Ok::<_, ArchiveError>(visitor)
        });
        let (fetched, visited) = tokio::join!(fetch(store, segments.next()), visiting);
        visitor = visited??;
        next = fetched?;
        progress(Progress { done, of: manifest.position });
    }
    Ok(visitor)
}

async fn fetch(
    store: &ArchiveStore,
    segment: Option<&EventSegment>,
) -> Result<Option<(SegmentFile, EventSegment)>, ArchiveError> {
    let Some(segment) = segment else { return Ok(None) };
    let EventSegment { file, bytes, sha256, .. } = segment;
    let found = SegmentFile::fetch(store, file, *bytes, sha256).await?;
    Ok(Some((found, segment.clone())))
}

/// Counts the rows of other tables.
async fn rows(
    store: &ArchiveStore,
    manifest: &Manifest,
) -> Result<BTreeMap<&'static str, u64>, ArchiveError> {
    let mut counts = BTreeMap::new();
    for segment in &manifest.state {
        let found = SegmentFile::fetch(store, &segment.file, segment.bytes, &segment.sha256);
        let found = found.await?;
        let expected = segment.rows;
        counts = tokio::task::spawn_blocking(move || {
            let mut rows = 0;
            state::rows(&found, |table, _| {
                rows += 1;
                *counts.entry(table.name).or_default() += 1;
                Ok(())
            })?;
            if rows == expected {
                return Ok(counts);
            }
            Err(found.damaged(format!("it has {rows} rows, the manifest says {expected}")))
        })
        .await??;
    }
    Ok(counts)
}

struct Checker {
    tenant: Uuid,
    growing: Growing,
    registry: Arc<Registry>,
    versions: HashMap<Uuid, i64>,
    time: Option<Timestamp>,
    at_time: u64,
    last_event: Option<Uuid>,
}

impl Checker {
    fn segment(&mut self, file: &SegmentFile, segment: &EventSegment) -> Result<(), ArchiveError> {
        let next = file.events(self.tenant, segment.first, |event| self.event(file, &event))?;
        if next == segment.last + 1 {
            return Ok(());
        }
        let what = format!("it ends at position {}, the manifest says {}", next - 1, segment.last);
        Err(file.damaged(what))
    }

    fn event(&mut self, file: &SegmentFile, event: &EventRow) -> Result<(), ArchiveError> {
        let position = event.position();
        let version = self.versions.entry(event.stream_id).or_default();
        if event.version != *version + 1 {
            return Err(file.damaged(format!(
                "position {position} is version {} of stream {}, where {} must follow",
                event.version,
                event.stream_id,
                *version + 1
            )));
        }
        *version = event.version;
        if self.time.is_some_and(|time| event.recorded_at <= time) {
            self.at_time = position;
        }
        self.last_event = Some(event.event_id);
        self.growing.take(event);
        let unread = |error: &dyn std::fmt::Display| ArchiveError::Damaged {
            file: file.shown.clone(),
            what: format!("{error}"),
            fix: "use a program that declares this event",
        };
        let mut stored = event.stored().map_err(|error| unread(&error))?;
        leave_out_sealed(&mut stored).map_err(|error| unread(&error))?;
        decode(&self.registry, stored).map_err(|error| unread(&error))?;
        Ok(())
    }
}
