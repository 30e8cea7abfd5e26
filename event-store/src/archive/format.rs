//! The form of an archive: its files, its manifest, and how both are checked.

use chrono::{DateTime, Utc};
use domain::kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{ArchiveError, ArchiveStore};

/// What the manifest says it is.
const FORMAT: &str = "tenantry-archive";

/// The version of the format that this program writes and reads.
const VERSION: u64 = 1;

/// The manifest's file. It is written last: an archive without one is not
/// complete.
pub(super) const MANIFEST: &str = "manifest.json";

/// What to do about a file that does not fit.
pub(super) const FIX: &str =
    "restore it from another copy of the archive, or export into an empty place";

/// What an archive holds, and by which checksums it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `tenantry-archive`.
    pub format: String,
    /// The version of the format.
    pub version: u64,
    /// Whose log it is.
    pub tenant: ArchivedTenant,
    /// The position of the last event; the archive begins at 1.
    pub position: u64,
    /// The last event, by which its history is told from others.
    pub last_event: Option<Uuid>,
    /// Whether the log went on after `position` when this was written. If so
    /// the state was folded from the events, and reactions have no part in it.
    pub past: bool,
    /// What was signed of these events: the last checkpoint up to `position`,
    /// as `docs/integrity.md` tells it; nothing where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    /// When it was written.
    pub exported_at: Timestamp,
    /// The events, in the order of their positions.
    pub events: Vec<EventSegment>,
    /// What the log knows beside its events, as of `position`.
    pub state: Vec<StateSegment>,
}

/// A tenant as its archive knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchivedTenant {
    /// Its id, `tnt_…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Since when it has a log.
    pub created_at: Timestamp,
}

/// A file of events that follow each other without a gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventSegment {
    /// Its name.
    pub file: String,
    /// The position of its first event.
    pub first: u64,
    /// The position of its last event.
    pub last: u64,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// A file of rows of other tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateSegment {
    /// Its name.
    pub file: String,
    /// How many rows it has.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// A manifest of this version of the format.
    pub(super) fn new(tenant: ArchivedTenant, exported_at: Timestamp) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            tenant,
            position: 0,
            last_event: None,
            past: false,
            checkpoint: None,
            exported_at,
            events: vec![],
            state: vec![],
        }
    }

    /// The manifest of an archive, if it has one.
    ///
    /// # Errors
    /// When it cannot be read, is of another version, or was changed.
    pub async fn find(store: &ArchiveStore) -> Result<Option<Self>, ArchiveError> {
        let Some(text) = store.get(MANIFEST).await? else { return Ok(None) };
        let damaged =
            |what: String| ArchiveError::Damaged { file: store.show(MANIFEST), what, fix: FIX };
        let mut value: Value = serde_json::from_slice(&text)
            .map_err(|error| damaged(format!("it is not JSON ({error})")))?;
        if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(damaged(format!("it is not the manifest of a {FORMAT}")));
        }
        let version = value.get("version").and_then(Value::as_u64);
        if version != Some(VERSION) {
            let version = version.map_or_else(|| "none".to_owned(), |number| number.to_string());
            return Err(ArchiveError::Damaged {
                file: store.show(MANIFEST),
                what: format!("its format version is {version}, this program knows {VERSION}"),
                fix: "use the program that wrote it, or a newer one",
            });
        }
        let claimed = value.as_object_mut().and_then(|fields| fields.shift_remove("checksum"));
        let actual = checksum(&value);
        if claimed.as_ref().and_then(Value::as_str) != Some(&actual) {
            return Err(damaged("it was changed after it was written".to_owned()));
        }
        let manifest: Self = serde_json::from_value(value)
            .map_err(|error| damaged(format!("it does not say what it must ({error})")))?;
        manifest.coherent().map_err(damaged)?;
        Ok(Some(manifest))
    }

    /// The manifest of an archive.
    ///
    /// # Errors
    /// As [`find`](Self::find), and when there is none.
    pub async fn read(store: &ArchiveStore) -> Result<Self, ArchiveError> {
        Self::find(store).await?.ok_or_else(|| ArchiveError::Damaged {
            file: store.show(MANIFEST),
            what: "it is missing, so this is no archive, or an export that did not end".to_owned(),
            fix: "run the export again: it goes on where it was",
        })
    }

    /// Writes it, with its checksum.
    pub(super) async fn write(&self, store: &ArchiveStore) -> Result<(), ArchiveError> {
        let system = |error: serde_json::Error| ArchiveError::System(error.into());
        let mut value = serde_json::to_value(self).map_err(system)?;
        let checksum = checksum(&value);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("checksum".to_owned(), checksum.into());
        }
        let mut text = serde_json::to_vec_pretty(&value).map_err(system)?;
        text.push(b'\n');
        store.put(MANIFEST, text.into()).await
    }

    /// Whether the segments follow each other and end where it says.
    fn coherent(&self) -> Result<(), String> {
        let mut next = 1;
        for segment in &self.events {
            if segment.first != next || segment.last < segment.first {
                return Err(format!(
                    "it lists {} for the positions {} to {} where {next} must follow",
                    segment.file, segment.first, segment.last
                ));
            }
            next = segment.last + 1;
        }
        if next == self.position + 1 {
            return Ok(());
        }
        Err(format!("it ends at position {}, its segments at {}", self.position, next - 1))
    }
}

/// SHA-256 of a JSON value with its keys in order and no space between, which
/// is what `jq -cSj 'del(.checksum)' | sha256sum` makes of a manifest.
fn checksum(manifest: &Value) -> String {
    let mut canonical = manifest.clone();
    canonical.sort_all_objects();
    sha256(canonical.to_string().as_bytes())
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The file of events from a position on.
pub(super) fn events_file(first: u64) -> String {
    format!("events-{first:012}.ndjson.zst")
}

/// The n-th file of the state that an export writes. The time is part of its
/// name, so that nothing which an earlier manifest lists is written over.
pub(super) fn state_file(position: u64, at: Timestamp, number: usize) -> String {
    let at = DateTime::<Utc>::from(at).format("%Y%m%dT%H%M%S%6fZ");
    format!("state-{position:012}-{at}-{number:04}.ndjson.zst")
}

/// Whether a file holds state.
pub(super) fn is_state(file: &str) -> bool {
    file.starts_with("state-") && file.ends_with(".ndjson.zst")
}
