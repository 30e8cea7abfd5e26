//! The cold events of a tenant, on their way to be hashed.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use ulid::Ulid;
use uuid::Uuid;

use super::{super::leaf::stream, Kind};
use crate::{
    ReadError,
    cold::{Entry, Segment, Unfetched},
    history::History,
    pg::{number, unsigned},
};

/// What could not be had: a segment, or an event in the table.
#[derive(Clone, Debug)]
pub(super) struct Lost {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) kind: Kind,
    pub(super) detail: String,
}

/// What is cold, in order from a position on, as the table does not have it.
pub(super) struct ColdLeaves<'a> {
    history: &'a History,
    tenant: Ulid,
    entries: VecDeque<Entry>,
    segment: Option<(Entry, Arc<Segment>)>,
    next: u64,
    /// The position whose leaf the table has as well.
    in_table: Option<i64>,
    /// What was come across and could not be had.
    pub(super) lost: Vec<Lost>,
    /// The streams that were come across, each with its last event here.
    streams: HashMap<Uuid, i64>,
}

impl<'a> ColdLeaves<'a> {
    /// The events of segments from a position on.
    pub(super) fn new(history: &'a History, tenant: Ulid, from: i64, entries: Vec<Entry>) -> Self {
        let (entries, next) = (entries.into(), unsigned(from).max(1));
        Self {
            history,
            tenant,
            entries,
            segment: None,
            next,
            in_table: None,
            lost: vec![],
            streams: HashMap::new(),
        }
    }

    /// The streams of the events that were taken since this was last asked,
    /// each with the position of its last.
    pub(super) fn take_streams(&mut self) -> HashMap<Uuid, i64> {
        std::mem::take(&mut self.streams)
    }

    /// The next event before a position, unless the table has the same.
    pub(super) async fn next_before(
        &mut self,
        before: i64,
    ) -> Result<Option<(i64, Bytes)>, ReadError> {
        // Behind what cannot be had it may go on beyond.
        while number(self.next) < before && self.find().await? && number(self.next) < before {
            let (position, leaf) = (number(self.next), self.leaf());
            self.next += 1;
            if let Some(stream) = leaf.as_deref().and_then(stream) {
                self.streams.insert(stream, position);
            }
            if let Some(leaf) = leaf.filter(|_| self.in_table != Some(position)) {
                return Ok(Some((position, leaf)));
            }
        }
        Ok(None)
    }

    /// Notes that the table has a row of a position: the same, or another.
    pub(super) async fn is_in_table(
        &mut self,
        position: i64,
        content: &[u8],
    ) -> Result<(), ReadError> {
        let is_next = number(self.next) == position && self.find().await?;
        if is_next
            && number(self.next) == position
            && self.leaf().is_some_and(|leaf| leaf == content)
        {
            self.in_table = Some(position);
        }
        Ok(())
    }

    fn leaf(&self) -> Option<Bytes> {
        self.segment.as_ref().and_then(|(_, segment)| segment.leaf_at(self.next))
    }

    /// Goes to the segment of the next event, or of the one after it that can
    /// be had. False at the end.
    async fn find(&mut self) -> Result<bool, ReadError> {
        if self.segment.as_ref().is_some_and(|(entry, _)| self.next <= entry.last) {
            return Ok(true);
        }
        while let Some(entry) = self.entries.pop_front() {
            if entry.last < self.next {
                continue;
            }
            let found = match self.history.try_segment(self.tenant, &entry).await? {
                Ok(segment) => {
                    self.next = self.next.max(entry.first);
                    self.segment = Some((entry, segment));
                    return Ok(true);
                }
                Err(unfetched) => lost(&entry, &unfetched),
            };
            self.lost.push(found);
        }
        Ok(false)
    }
}

fn lost(entry: &Entry, unfetched: &Unfetched) -> Lost {
    let is_damaged = matches!(unfetched, Unfetched::Damaged(_));
    let kind = if is_damaged { Kind::DamagedSegment } else { Kind::MissingSegment };
    let (first, last) = (number(entry.first), number(entry.last));
    Lost { first, last, kind, detail: unfetched.detail().to_owned() }
}
