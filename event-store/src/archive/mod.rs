//! Archives: a tenant's whole log in files, compressed and checked.
//!
//! [`export()`] writes one, [`check()`] reads it from end to end, [`import()`] brings
//! it into a database that may be another, under the same tenant or a new one.
//! The form is told in `docs/archive.md`; `zstd` and `jq` read it.
//!
//! Events are stored as they are in the log, byte for byte: whatever is sealed
//! stays sealed. The keys go into a [`KeyFile`] of their own.

mod check;
mod claims;
mod columns;
mod error;
mod event;
mod export;
mod format;
mod import;
mod keys;
mod readable;
mod segment;
mod session;
mod state;
mod store;
mod trust;

use std::str::FromStr;

use domain::kernel::Timestamp;

pub use check::{Checked, check};
pub(crate) use columns::Columns;
pub use error::ArchiveError;
pub(crate) use event::EventRow;
pub use export::{Export, Exported, export};
pub use format::{ArchivedTenant, EventSegment, Manifest, StateSegment};
pub use import::{Import, Imported, Target, abandon, import};
pub use keys::{KeyFile, KeySource};
pub use segment::SEGMENT_BYTES;
pub use store::ArchiveStore;
pub use trust::{Proven, Trust};

/// How far long work has come, in positions.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Up to here it is done.
    pub done: u64,
    /// Up to here it is to be.
    pub of: u64,
}

/// A moment in a tenant's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// After the event of a position.
    Position(u64),
    /// After the last event that was recorded by then.
    Time(Timestamp),
}

impl FromStr for Until {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(position) = text.parse() {
            return Ok(Self::Position(position));
        }
        text.parse().map(Self::Time).map_err(|_| {
            format!("expected a position like 42 or a time like 2026-11-20T09:30:00Z, got {text:?}")
        })
    }
}
