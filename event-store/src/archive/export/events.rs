//! Reading events from the log and writing them into segments.

use std::sync::Arc;

use bytes::Bytes;
use domain::kernel::Registry;
use tokio_postgres::{Client, IsolationLevel};
use ulid::Ulid;

use super::{Export, Written, event_at};
use crate::{
    StoredEvent,
    archive::{
        ArchiveError, ArchiveStore, Progress,
        claims::ClaimFold,
        event::EventRow,
        format::{EventSegment, events_file},
        segment::{SegmentFile, SegmentWriter},
        session::begin,
    },
    decode,
    history::{Stretch, Within},
    keys::KeyRing,
    pg::uuid,
};

/// Events read at once.
const PAGE: u64 = 4_000;

/// Which events to read.
#[derive(Clone, Copy)]
pub(super) struct Range<'a> {
    pub(super) tenant: Ulid,
    /// Opens what is to be folded.
    pub(super) ring: &'a KeyRing,
    pub(super) after: u64,
    pub(super) head: u64,
}

impl Range<'_> {
    /// The next page.
    async fn page(&self, client: &mut Client, until: u64) -> Result<Vec<EventRow>, ArchiveError> {
        let Self { tenant, ring, after, .. } = *self;
        let transaction = begin(client, tenant, IsolationLevel::ReadCommitted).await?;
        let stretch = Stretch { tenant, after, until, types: None, limit: PAGE };
        let events = ring.history().stretch(&Within(&transaction), stretch).await?;
        transaction.commit().await?;
        events.iter().map(|event| Ok(EventRow::of(event)?)).collect()
    }

    /// What the events of a page say.
    async fn opened(&self, page: &[EventRow]) -> Result<Vec<StoredEvent>, ArchiveError> {
        let stored = page.iter().map(EventRow::stored).collect::<Result<Vec<_>, _>>();
        let mut stored = stored.map_err(|error| ArchiveError::refused(error.to_string()))?;
        self.ring.open_what_can_be(self.tenant, &mut stored).await?;
        Ok(stored)
    }
}

/// Writes events into segments.
pub(super) struct Writer<'a> {
    store: &'a ArchiveStore,
    /// Up to here events are in the archive already.
    after: u64,
    /// Up to here they are to be.
    until: u64,
    encoder: Encoder,
    segments: Vec<EventSegment>,
    found: u64,
    bytes: u64,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        store: &'a ArchiveStore,
        registry: &Arc<Registry>,
        order: &Export,
        write: std::ops::Range<u64>,
        fold: Option<ClaimFold>,
    ) -> Self {
        let (after, until) = (write.start, write.end);
        let encoder = Encoder {
            fold,
            registry: registry.clone(),
            write,
            segment_bytes: order.segment_bytes,
            segment: None,
        };
        Self { store, after, until, encoder, segments: vec![], found: 0, bytes: 0 }
    }

    /// Reads all events of a range and writes those that are not in the archive.
    pub(super) async fn run(
        &mut self,
        client: &mut Client,
        mut range: Range<'_>,
        progress: &impl Fn(Progress),
    ) -> Result<(), ArchiveError> {
        if self.encoder.fold.is_none() {
            self.adopt(client, range).await?;
            range.after = self.after;
        }
        // Whoever folds reads on to the end of the log.
        let end = if self.encoder.fold.is_some() { range.head } else { self.until };
        let mut page = range.page(client, end).await?;
        while range.after < end {
            range.after = gapless(range.after, &page)?;
            let mut encoder = std::mem::take(&mut self.encoder);
            let opened = if encoder.fold.is_some() { range.opened(&page).await? } else { vec![] };
            let encoding = tokio::task::spawn_blocking(move || {
                encoder.fold(opened)?;
                let full = encoder.take(&page)?;
                Ok::<_, ArchiveError>((encoder, full))
            });
            let (next, done) = tokio::join!(range.page(client, end), encoding);
            let full;
            (self.encoder, full) = done??;
            page = next?;
            for segment in full {
                self.put(segment).await?;
            }
            progress(Progress { done: range.after, of: end });
        }
        Ok(())
    }

    /// Keeps the segments that an export which did not end has written, as far
    /// as they are whole and say what the log says.
    async fn adopt(&mut self, client: &mut Client, range: Range<'_>) -> Result<(), ArchiveError> {
        let Range { tenant, ring, .. } = range;
        while self.after < self.until {
            let first = self.after + 1;
            let file = events_file(first);
            let Some(content) = self.store.get(&file).await? else { break };
            let found = SegmentFile { shown: self.store.show(&file), content };
            let (check, of) = (found.clone(), uuid(tenant));
            let checked = tokio::task::spawn_blocking(move || {
                let mut last = None;
                let next = check.events(of, first, |event| {
                    last = Some(event.event_id);
                    Ok(())
                });
                next.map(|next| (next - 1, last))
            });
            let Ok((last, Some(last_event))) = checked.await? else { break };
            if last > self.until {
                break;
            }
            let transaction = begin(client, tenant, IsolationLevel::ReadCommitted).await?;
            if event_at(&transaction, ring, tenant, last).await? != Some(last_event) {
                break;
            }
            drop(transaction);
            let sha256 = crate::archive::format::sha256(&found.content);
            let bytes = found.content.len() as u64;
            self.segments.push(EventSegment { file, first, last, bytes, sha256 });
            self.found += last - self.after;
            self.after = last;
            self.encoder.write.start = last;
        }
        Ok(())
    }

    async fn put(&mut self, segment: Full) -> Result<(), ArchiveError> {
        let Full { first, last, content, sha256 } = segment;
        let (file, bytes) = (events_file(first), content.len() as u64);
        self.store.put(&file, content).await?;
        self.bytes += bytes;
        self.segments.push(EventSegment { file, first, last, bytes, sha256 });
        Ok(())
    }

    /// Writes the last segment.
    pub(super) async fn end(mut self) -> Result<Written, ArchiveError> {
        let mut encoder = std::mem::take(&mut self.encoder);
        let (last, encoder) = tokio::task::spawn_blocking(move || {
            let last = encoder.end()?;
            Ok::<_, ArchiveError>((last, encoder))
        })
        .await??;
        if let Some(segment) = last {
            self.put(segment).await?;
        }
        Ok(Written {
            segments: self.segments,
            fold: encoder.fold,
            found: self.found,
            bytes: self.bytes,
        })
    }
}

/// Sees that a page goes on after a position, and answers where it ends.
fn gapless(after: u64, page: &[EventRow]) -> Result<u64, ArchiveError> {
    let expected = page.iter().zip(after + 1..).take_while(|(event, at)| event.position() == *at);
    let last = after + expected.count() as u64;
    if last == after || last < after + page.len() as u64 {
        return Err(ArchiveError::refused(format!(
            "the log of the tenant has no event at position {}: it is damaged, restore it from an \
             archive that has it",
            last + 1
        )));
    }
    Ok(last)
}

/// A segment that is ready to be stored.
struct Full {
    first: u64,
    last: u64,
    content: Bytes,
    sha256: String,
}

/// Makes segments of events.
#[derive(Default)]
struct Encoder {
    fold: Option<ClaimFold>,
    registry: Arc<Registry>,
    /// After this position, up to this one.
    write: std::ops::Range<u64>,
    segment_bytes: u64,
    /// The segment in the making, from which position, up to which.
    segment: Option<(u64, u64, SegmentWriter)>,
}

impl Encoder {
    /// Folds events into what they hold.
    fn fold(&mut self, opened: Vec<StoredEvent>) -> Result<(), ArchiveError> {
        let Some(fold) = &mut self.fold else { return Ok(()) };
        for event in opened {
            let event = decode(&self.registry, event).map_err(|error| {
                ArchiveError::refused(format!("what is held cannot be told: {error}"))
            })?;
            fold.take(&self.registry, &event);
        }
        Ok(())
    }

    /// Takes events that follow each other, and answers what became full.
    fn take(&mut self, page: &[EventRow]) -> Result<Vec<Full>, ArchiveError> {
        let mut full = vec![];
        for event in page {
            let position = event.position();
            if position <= self.write.start || position > self.write.end {
                continue;
            }
            let segment = match &mut self.segment {
                Some(segment) => segment,
                none => none.insert((position, position, SegmentWriter::new()?)),
            };
            segment.1 = position;
            if segment.2.line(|text| event.write(text))? >= self.segment_bytes {
                full.extend(self.end()?);
            }
        }
        Ok(full)
    }

    fn end(&mut self) -> Result<Option<Full>, ArchiveError> {
        let Some((first, last, segment)) = self.segment.take() else { return Ok(None) };
        let (content, sha256) = segment.end()?;
        Ok(Some(Full { first, last, content, sha256 }))
    }
}
