//! A segment: consecutive events of one tenant in one object.
//!
//! The object is a zstd frame over a first line, the tenant, the first and the
//! last position, and then for each event four bytes with the length of its
//! leaf, and the leaf: what the tenant's Merkle tree hashes of it, which is every
//! column as PostgreSQL sends it. `docs/cold-storage.md` tells it byte by byte.

use std::{
    collections::HashMap,
    io::{Read, Write},
    ops::Range,
};

use bytes::Bytes;
use ulid::Ulid;
use uuid::Uuid;

use crate::{history::RawEvent, integrity::leaf_stream, pg::uuid};

/// How every object begins, once it is unpacked.
const MAGIC: &[u8] = b"tenantry cold 1\n";
/// How hard to compress: it is done once, and what is saved is saved for long.
/// The sixth level takes a third less time than the ninth and saves as much.
const LEVEL: i32 = 6;

/// Consecutive events, on their way into an object.
#[derive(Debug)]
pub(super) struct Draft {
    first: u64,
    last: u64,
    text: Vec<u8>,
    /// The first version of each stream.
    streams: HashMap<Uuid, u64>,
}

impl Draft {
    /// A segment without events that begins with a position.
    pub(super) fn new(tenant: Ulid, first: u64) -> Self {
        let mut text = MAGIC.to_vec();
        text.extend(uuid(tenant).as_bytes());
        text.extend(first.to_be_bytes());
        // The last position, once it is known.
        text.extend([0; 8]);
        Self { first, last: first - 1, text, streams: HashMap::new() }
    }

    /// Adds the next event, of which `leaf` is hashed.
    pub(super) fn push(&mut self, stream: Uuid, version: u64, leaf: &[u8]) {
        self.last += 1;
        // No event is four gigabytes long.
        self.text.extend(u32::try_from(leaf.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.text.extend(leaf);
        self.streams.entry(stream).or_insert(version);
    }

    pub(super) fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn events(&self) -> u64 {
        self.last + 1 - self.first
    }

    pub(super) fn text_bytes(&self) -> u64 {
        self.text.len() as u64
    }

    /// The first versions of the streams in it.
    pub(super) fn streams(&self) -> impl Iterator<Item = (Uuid, u64)> {
        self.streams.iter().map(|(stream, version)| (*stream, *version))
    }

    /// The object.
    pub(super) fn pack(&mut self) -> std::io::Result<Bytes> {
        let place = MAGIC.len() + 24;
        if let Some(last) = self.text.get_mut(place..place + 8) {
            last.copy_from_slice(&self.last.to_be_bytes());
        }
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), LEVEL)?;
        encoder.include_checksum(true)?;
        encoder.write_all(&self.text)?;
        Ok(encoder.finish()?.into())
    }
}

/// A segment as it was read back.
#[derive(Debug)]
pub(crate) struct Segment {
    tenant: Uuid,
    first: u64,
    text: Bytes,
    /// Where each leaf lies.
    leaves: Vec<Range<u32>>,
    /// Which leaves are of a stream.
    streams: HashMap<Uuid, Vec<u32>>,
}

/// Why an object is no segment.
type Broken = String;

impl Segment {
    /// Unpacks an object, which must hold these positions of this tenant.
    pub(super) fn unpack(
        object: &[u8],
        tenant: Ulid,
        (first, last): (u64, u64),
        text_bytes: u64,
    ) -> Result<Self, Broken> {
        let torn = |error: std::io::Error| format!("it does not unpack ({error})");
        let decoder = zstd::stream::read::Decoder::with_buffer(object).map_err(torn)?;
        let mut text = Vec::with_capacity(usize::try_from(text_bytes).unwrap_or(0));
        decoder.take(text_bytes + 1).read_to_end(&mut text).map_err(torn)?;
        if text.len() as u64 != text_bytes {
            return Err(format!("it unpacks to other than {text_bytes} bytes"));
        }
        let mut begins = MAGIC.to_vec();
        begins.extend(uuid(tenant).as_bytes());
        begins.extend(first.to_be_bytes());
        begins.extend(last.to_be_bytes());
        if !text.starts_with(&begins) {
            return Err("it is of another tenant, of other positions, or no segment".to_owned());
        }
        let mut segment = Self {
            tenant: uuid(tenant),
            first,
            leaves: Vec::with_capacity(usize::try_from(last + 1 - first).unwrap_or(0)),
            streams: HashMap::new(),
            text: text.into(),
        };
        segment.find(begins.len()).ok_or("an event in it ends early")?;
        if segment.leaves.len() as u64 != last + 1 - first {
            return Err(format!("it has {} events", segment.leaves.len()));
        }
        Ok(segment)
    }

    /// Finds the leaves behind a place.
    fn find(&mut self, mut at: usize) -> Option<()> {
        while at < self.text.len() {
            let length = self.text.get(at..at + 4)?;
            let length = u32::from_be_bytes(length.try_into().ok()?);
            at += 4;
            let end = at.checked_add(usize::try_from(length).ok()?)?;
            let stream = leaf_stream(self.text.get(at..end)?)?;
            let number = u32::try_from(self.leaves.len()).ok()?;
            self.streams.entry(stream).or_default().push(number);
            self.leaves.push(u32::try_from(at).ok()?..u32::try_from(end).ok()?);
            at = end;
        }
        Some(())
    }

    /// How much memory it takes, about.
    pub(super) fn weight(&self) -> u32 {
        let bytes = self.text.len() + self.leaves.len() * 12 + self.streams.len() * 48;
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }

    /// What is hashed of each event.
    pub(super) fn leaves(&self) -> impl Iterator<Item = Bytes> {
        (0..self.leaves.len()).filter_map(|number| self.leaf(number))
    }

    /// What is hashed of the event at a position.
    pub(crate) fn leaf_at(&self, position: u64) -> Option<Bytes> {
        self.leaf(usize::try_from(position.checked_sub(self.first)?).ok()?)
    }

    /// All events.
    pub(super) fn events(&self) -> impl Iterator<Item = Result<RawEvent, Broken>> {
        self.leaves().map(|leaf| self.event(leaf))
    }

    /// The event at a position.
    pub(crate) fn at(&self, position: u64) -> Result<Option<RawEvent>, Broken> {
        self.leaf_at(position).map(|leaf| self.event(leaf)).transpose()
    }

    /// The events of a stream, oldest first.
    pub(crate) fn of_stream(&self, stream: Uuid) -> impl Iterator<Item = Result<RawEvent, Broken>> {
        let numbers = self.streams.get(&stream).map(Vec::as_slice).unwrap_or_default();
        let leaves = numbers.iter().filter_map(|number| self.leaf(usize::try_from(*number).ok()?));
        leaves.map(|leaf| self.event(leaf))
    }

    fn leaf(&self, number: usize) -> Option<Bytes> {
        let place = self.leaves.get(number)?;
        let (start, end) = (usize::try_from(place.start).ok()?, usize::try_from(place.end).ok()?);
        (end <= self.text.len()).then(|| self.text.slice(start..end))
    }

    fn event(&self, leaf: Bytes) -> Result<RawEvent, Broken> {
        RawEvent::of_leaf(self.tenant, leaf).map_err(|error| error.to_string())
    }
}
