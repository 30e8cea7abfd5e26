//! What a reader needs of what is cold.

use std::sync::Arc;

use bytes::Bytes;
use ulid::Ulid;

use super::{Excerpt, History, Part, RawEvent, Session, Stretch};
use crate::{
    ReadError,
    cold::{CATALOGUE, Cold, Entry, Index, Segment, Unfetched},
    pg::{failed, number, unsigned, uuid},
};

/// Segments that are looked up at once.
const PAGE: u64 = 64;

impl History {
    /// A stretch that is cold up to a position, of which these events are in
    /// the table. Nothing when some of it has moved meanwhile.
    pub(super) async fn both<S: Session>(
        &self,
        session: &S,
        stretch: Stretch<'_>,
        hot: Excerpt<RawEvent>,
        cold: u64,
        bytes: usize,
    ) -> Result<Option<Excerpt<RawEvent>>, S::Error> {
        let until = stretch.until.min(cold);
        let found = self.cold_stretch(session, Stretch { until, ..stretch }, bytes).await?;
        let Some(mut events) = found else { return Ok(None) };
        let left = stretch.limit.saturating_sub(events.len());
        if left == 0 || events.is_cut || until == stretch.until {
            return Ok(Some(events));
        }
        // Among what was read may be events that are cold as well.
        let hot = if hot.len() == stretch.limit {
            let rest = Stretch { after: cold, limit: left, ..stretch };
            Box::pin(self.excerpt(session, rest, events.room)).await?
        } else {
            hot
        };
        for event in hot.taken {
            if event.position()? > cold && events.len() < stretch.limit {
                let size = event.bytes();
                events.push(event, size);
            }
        }
        events.is_cut |= hot.is_cut;
        Ok(Some(events))
    }

    /// The cold events of a stretch; nothing when some of them are not there any
    /// more.
    async fn cold_stretch<S: Session>(
        &self,
        session: &S,
        stretch: Stretch<'_>,
        bytes: usize,
    ) -> Result<Option<Excerpt<RawEvent>>, S::Error> {
        let Stretch { tenant, mut after, until, types, limit } = stretch;
        let mut events = Excerpt::of(bytes);
        while after < until && events.len() < limit {
            let entries = entries(session, tenant, (after, until), PAGE).await?;
            if entries.is_empty() {
                return Ok(None);
            }
            for entry in &entries {
                if entry.first > after + 1 {
                    return Ok(None);
                }
                if events.is_cut || events.len() >= limit {
                    return Ok(Some(events));
                }
                let segment = self.segment(tenant, entry).await?;
                for position in entry.first.max(after + 1)..=entry.last.min(until) {
                    if events.is_cut || events.len() >= limit {
                        return Ok(Some(events));
                    }
                    let event = segment.at(position).map_err(ReadError::Fault)?;
                    let Some(event) = event else { continue };
                    let kind = event.stream_type()?;
                    if types.is_none_or(|types| types.contains(&kind)) {
                        let size = event.bytes();
                        events.push(event, size);
                    }
                }
                after = entry.last;
            }
        }
        Ok(Some(events))
    }

    /// The cold events of a part of a stream before a version; nothing when they
    /// are not there any more.
    pub(super) async fn cold_stream<S: Session>(
        &self,
        session: &S,
        part: Part,
        before: u64,
        bytes: usize,
    ) -> Result<Option<Excerpt<RawEvent>>, S::Error> {
        let Part { tenant, stream, after, until, limit } = part;
        let mut events = Excerpt::of(bytes);
        let mut next = after + 1;
        let (entries, reaches) = self.segments_of(session, part, before).await?;
        for entry in entries {
            let segment = self.segment(tenant, &entry).await?;
            for event in segment.of_stream(uuid(stream)) {
                let event = event.map_err(ReadError::Fault)?;
                let version = event.version()?;
                if version < next {
                    continue;
                }
                if version > next {
                    return Ok(None);
                }
                let is_beyond = version >= before || event.position()? > until;
                if is_beyond || events.is_cut || events.len() >= limit {
                    return Ok(Some(events));
                }
                let size = event.bytes();
                events.push(event, size);
                next += 1;
            }
        }
        // All there are before what the table has, or up to the position.
        let is_all = next == before || reaches || events.is_cut || events.len() >= limit;
        Ok(is_all.then_some(events))
    }

    /// The segments that may have events of a part of a stream before a
    /// version, oldest first; and whether all up to its last position is cold.
    async fn segments_of<S: Session>(
        &self,
        session: &S,
        part: Part,
        before: u64,
    ) -> Result<(Vec<Entry>, bool), S::Error> {
        let Part { tenant, stream, after, until, .. } = part;
        let entries = entries(session, tenant, (0, until), u64::MAX).await?;
        let reaches = entries.last().is_some_and(|last| last.last >= until);
        let indexes = self.indexes(session, tenant, &entries).await?;
        let mut found: Vec<Entry> = vec![];
        for (entry, index) in entries.into_iter().zip(indexes) {
            let firsts: Vec<u64> = index.find(uuid(stream)).collect();
            match firsts[..] {
                [] => continue,
                [first] if first >= before => break,
                // All that came before lies before what is asked for.
                [first] if first <= after + 1 => found.clear(),
                _ => {}
            }
            found.push(entry);
        }
        Ok((found, reaches))
    }

    /// The streams of segments, in their order.
    async fn indexes<S: Session>(
        &self,
        session: &S,
        tenant: Ulid,
        entries: &[Entry],
    ) -> Result<Vec<Index>, S::Error> {
        let Some(cold) = &self.cold else {
            return match entries.first() {
                Some(entry) => Err(nowhere(tenant, entry).into()),
                None => Ok(vec![]),
            };
        };
        let known: Vec<Option<Index>> =
            entries.iter().map(|entry| cold.index(tenant, entry)).collect();
        let unknown = entries.iter().zip(&known).filter(|(_, known)| known.is_none());
        let unknown: Vec<i64> = unknown.map(|(entry, _)| number(entry.last)).collect();
        let mut looked_up = std::collections::HashMap::new();
        if !unknown.is_empty() {
            let sql = include_str!("sql/indexes.sql");
            for row in session.rows(sql, &[&uuid(tenant), &unknown]).await? {
                let last = row.try_get(0).map(unsigned).map_err(failed)?;
                let streams: Vec<u8> = row.try_get(1).map_err(failed)?;
                looked_up.insert(last, Index::of(Bytes::from(streams)));
            }
        }
        let mut indexes = Vec::with_capacity(entries.len());
        for (entry, known) in entries.iter().zip(known) {
            indexes.push(match (known, looked_up.remove(&entry.last)) {
                (Some(index), _) => index,
                (None, Some(index)) => {
                    cold.remember(tenant, entry, index.clone());
                    index
                }
                // It was brought back in between, and is looked for again.
                (None, None) => Index::of(Bytes::new()),
            });
        }
        Ok(indexes)
    }

    /// The cold events at some positions, oldest first.
    pub(super) async fn cold_at<S: Session>(
        &self,
        session: &S,
        tenant: Ulid,
        positions: &[u64],
    ) -> Result<Vec<RawEvent>, S::Error> {
        let mut events = vec![];
        let mut segment: Option<(Entry, Arc<Segment>)> = None;
        for position in positions {
            let is_in =
                |(entry, _): &(Entry, _)| entry.first <= *position && *position <= entry.last;
            if !segment.as_ref().is_some_and(is_in) {
                let before = position.saturating_sub(1);
                let found = entries(session, tenant, (before, *position), 1).await?;
                let Some(entry) = found.into_iter().next() else { continue };
                let fetched = self.segment(tenant, &entry).await?;
                segment = Some((entry, fetched));
            }
            if let Some((_, segment)) = &segment {
                events.extend(segment.at(*position).map_err(ReadError::Fault)?);
            }
        }
        Ok(events)
    }

    async fn segment(&self, tenant: Ulid, entry: &Entry) -> Result<Arc<Segment>, ReadError> {
        let Some(cold) = &self.cold else { return Err(nowhere(tenant, entry)) };
        cold.segment(tenant, entry).await.map_err(|unfetched| unfetched.told(tenant, entry))
    }

    /// A segment, or what is wrong with it: for whoever reads on after that.
    pub(crate) async fn try_segment(
        &self,
        tenant: Ulid,
        entry: &Entry,
    ) -> Result<Result<Arc<Segment>, Unfetched>, ReadError> {
        let Some(cold) = &self.cold else { return Err(nowhere(tenant, entry)) };
        match cold.fetch(tenant, entry).await {
            Err(away @ Unfetched::Away(_)) => Err(away.told(tenant, entry)),
            found => Ok(found),
        }
    }

    /// Where cold events are, if that is known.
    pub(crate) fn cold(&self) -> Option<&Arc<Cold>> {
        self.cold.as_ref()
    }
}

/// What to tell where no place is known.
fn nowhere(tenant: Ulid, entry: &Entry) -> ReadError {
    Unfetched::Missing(format!(
        "this process does not know where {} is; name the place in cold.place",
        entry.object
    ))
    .told(tenant, entry)
}

/// The segments of a tenant with events between two positions, oldest first.
pub(crate) async fn entries<S: Session>(
    session: &S,
    tenant: Ulid,
    (after, until): (u64, u64),
    limit: u64,
) -> Result<Vec<Entry>, S::Error> {
    let (after, until, most) = (number(after), number(until), number(limit));
    let rows = session.rows(CATALOGUE, &[&uuid(tenant), &after, &until, &most]).await?;
    let entries = rows.iter().map(Entry::of).collect::<Result<_, _>>();
    Ok(entries.map_err(failed)?)
}
