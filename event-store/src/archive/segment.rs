//! Segments: lines of JSON, compressed.

use std::io::{BufRead, BufReader, Read, Write};

use bytes::Bytes;
use uuid::Uuid;
use zstd::stream::{read::Decoder, write::Encoder};

use super::{
    ArchiveError, ArchiveStore,
    event::EventRow,
    format::{FIX, sha256},
};

/// How much text a segment holds unless somebody asks for another size: little
/// enough to keep several in memory.
pub const SEGMENT_BYTES: u64 = 16 * 1024 * 1024;

/// No line is longer: the largest payload in Base64 and as text, and room.
const LINE_BYTES: u64 = 64 * 1024 * 1024;

/// How hard to compress. Measured: the default takes less time than the
/// database needs to read.
const LEVEL: i32 = 3;

/// A segment in the making.
pub(super) struct SegmentWriter {
    encoder: Encoder<'static, Vec<u8>>,
    text: Vec<u8>,
    /// Bytes of text so far.
    written: u64,
    pub(super) lines: u64,
}

impl SegmentWriter {
    pub(super) fn new() -> Result<Self, ArchiveError> {
        let encoder = Encoder::new(Vec::new(), LEVEL)?;
        Ok(Self { encoder, text: vec![], written: 0, lines: 0 })
    }

    /// Adds a line, which `write` writes with its end. Answers how much text
    /// there is.
    pub(super) fn line(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), serde_json::Error>,
    ) -> Result<u64, ArchiveError> {
        self.text.clear();
        write(&mut self.text).map_err(|error| ArchiveError::System(error.into()))?;
        self.encoder.write_all(&self.text)?;
        self.written += self.text.len() as u64;
        self.lines += 1;
        Ok(self.written)
    }

    /// The file, and its SHA-256.
    pub(super) fn end(self) -> Result<(Bytes, String), ArchiveError> {
        let file = self.encoder.finish()?;
        let sha256 = sha256(&file);
        Ok((file.into(), sha256))
    }
}

/// A segment as it was found.
#[derive(Clone)]
pub(super) struct SegmentFile {
    /// The file with its place, for errors.
    pub(super) shown: String,
    pub(super) content: Bytes,
}

impl SegmentFile {
    /// Fetches a segment that the manifest lists.
    pub(super) async fn fetch(
        store: &ArchiveStore,
        file: &str,
        bytes: u64,
        sha256_of_it: &str,
    ) -> Result<Self, ArchiveError> {
        let shown = store.show(file);
        let Some(content) = store.get(file).await? else {
            return Err(Self::damage(shown, "it is missing, and the manifest lists it".to_owned()));
        };
        if content.len() as u64 != bytes {
            let what = format!("it has {} bytes, the manifest says {bytes}", content.len());
            return Err(Self::damage(shown, what));
        }
        let found = Self { shown, content };
        let check = found.clone();
        let actual = tokio::task::spawn_blocking(move || sha256(&check.content)).await?;
        if actual != sha256_of_it {
            return Err(found.damaged("its SHA-256 is not the one in the manifest"));
        }
        Ok(found)
    }

    /// Hands each line to `take`, without its end.
    pub(super) fn lines(
        &self,
        mut take: impl FnMut(&[u8]) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        let torn =
            |error: std::io::Error| self.damaged(format!("it does not decompress ({error})"));
        let decoder = Decoder::with_buffer(&*self.content).map_err(torn)?;
        let mut text = BufReader::with_capacity(256 * 1024, decoder);
        let mut line = vec![];
        loop {
            line.clear();
            let read = (&mut text).take(LINE_BYTES).read_until(b'\n', &mut line).map_err(torn)?;
            if read == 0 {
                return Ok(());
            }
            if line.pop() != Some(b'\n') {
                return Err(self.damaged("its last line does not end"));
            }
            take(&line)?;
        }
    }

    /// Hands each event to `take`, and sees that they are of this tenant, from
    /// `first` on and without a gap. Answers the position after the last.
    pub(super) fn events(
        &self,
        tenant: Uuid,
        first: u64,
        mut take: impl FnMut(EventRow) -> Result<(), ArchiveError>,
    ) -> Result<u64, ArchiveError> {
        let mut next = first;
        self.lines(|line| {
            let event = EventRow::read(line).map_err(|error| {
                self.damaged(format!("the line for position {next} is no event ({error})"))
            })?;
            if event.tenant_id != tenant {
                let what = format!("position {next} is of tenant {}", event.tenant_id);
                return Err(self.damaged(what));
            }
            if event.position() != next {
                let what = format!("position {} stands where {next} must be", event.position);
                return Err(self.damaged(what));
            }
            next += 1;
            take(event)
        })?;
        Ok(next)
    }

    pub(super) fn damaged(&self, what: impl Into<String>) -> ArchiveError {
        Self::damage(self.shown.clone(), what.into())
    }

    fn damage(file: String, what: String) -> ArchiveError {
        ArchiveError::Damaged { file, what, fix: FIX }
    }
}
