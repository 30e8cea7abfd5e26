//! What the log knows of a tenant beside its events: rows of other tables.

use std::pin::pin;

use domain::kernel::Timestamp;
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio_postgres::{GenericClient, types::ToSql};
use ulid::Ulid;

use super::{
    ArchiveError, ArchiveStore,
    claims::Held,
    format::{StateSegment, state_file},
    segment::{SegmentFile, SegmentWriter},
};
use crate::pg::{number, uuid};

/// A line of a segment: a row without its tenant.
#[derive(Serialize, Deserialize)]
pub(super) struct StateLine<'a> {
    /// The table, without its schema.
    pub(super) table: String,
    #[serde(borrow)]
    pub(super) row: &'a RawValue,
}

/// A table whose rows belong into an archive.
pub(super) struct StateTable {
    pub(super) name: &'static str,
    /// How its rows are read: $1 the tenant, $2 the archive's position.
    select: &'static str,
    /// How rows are brought in: $1 the tenant, $2 the rows, $3 the position.
    pub(super) insert: &'static str,
    /// Whether the writer of the log owns its rows, or the owner.
    pub(super) of_log: bool,
    /// Whether its rows go with a log of the past.
    pub(super) of_past: Past,
    /// Whether its rows are for the same tenant alone.
    pub(super) acts: bool,
}

/// How the rows of a table as of an earlier position are found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// They are among those of the present.
    Filtered,
    /// They follow from the events.
    Folded,
    /// They cannot be found.
    Unknown,
}

macro_rules! table {
    ($name:literal, $of_log:literal, $past:ident, acts: $acts:literal) => {
        StateTable {
            name: $name,
            select: include_str!(concat!("sql/export_", $name, ".sql")),
            insert: include_str!(concat!("sql/import_", $name, ".sql")),
            of_log: $of_log,
            of_past: Past::$past,
            acts: $acts,
        }
    };
}

/// The tables, in the order in which their rows are written and brought in.
pub(super) const TABLES: &[StateTable] = &[
    table!("claims", true, Folded, acts: false),
    table!("series", true, Folded, acts: false),
    table!("commands", true, Filtered, acts: false),
    table!("personal_data", true, Filtered, acts: false),
    table!("erasures", false, Filtered, acts: false),
    table!("checkpoints", false, Unknown, acts: true),
    table!("timers", false, Unknown, acts: true),
    table!("refused_intents", false, Unknown, acts: true),
];

/// Writes rows into segments.
pub(super) struct StateWriter<'a> {
    store: &'a ArchiveStore,
    position: u64,
    at: Timestamp,
    segment_bytes: u64,
    segment: Option<SegmentWriter>,
    written: Vec<StateSegment>,
}

impl<'a> StateWriter<'a> {
    /// Writes the state as of a position, at a time.
    pub(super) fn new(
        store: &'a ArchiveStore,
        position: u64,
        at: Timestamp,
        segment_bytes: u64,
    ) -> Self {
        Self { store, position, at, segment_bytes, segment: None, written: vec![] }
    }

    /// Writes all rows of a table as a transaction sees them.
    pub(super) async fn table(
        &mut self,
        client: &impl GenericClient,
        tenant: Ulid,
        table: &StateTable,
    ) -> Result<(), ArchiveError> {
        let position = number(self.position);
        let params: [&(dyn ToSql + Sync); 2] = [&uuid(tenant), &position];
        let rows = client.query_raw(table.select, params).await?;
        let mut rows = pin!(rows);
        while let Some(row) = rows.try_next().await? {
            self.row(table.name, row.try_get(0)?).await?;
        }
        Ok(())
    }

    /// Writes what was folded from events.
    pub(super) async fn held(&mut self, held: &Held) -> Result<(), ArchiveError> {
        for row in held.claim_rows() {
            self.row("claims", &row).await?;
        }
        for row in held.series_rows() {
            self.row("series", &row).await?;
        }
        Ok(())
    }

    async fn row(&mut self, table: &str, row: &str) -> Result<(), ArchiveError> {
        let segment = match &mut self.segment {
            Some(segment) => segment,
            none => none.insert(SegmentWriter::new()?),
        };
        let written = segment.line(|text| {
            let row = serde_json::from_str(row)?;
            serde_json::to_writer(&mut *text, &StateLine { table: table.to_owned(), row })?;
            text.push(b'\n');
            Ok(())
        })?;
        if written >= self.segment_bytes { self.put().await } else { Ok(()) }
    }

    async fn put(&mut self) -> Result<(), ArchiveError> {
        let Some(segment) = self.segment.take() else { return Ok(()) };
        let file = state_file(self.position, self.at, self.written.len() + 1);
        let rows = segment.lines;
        let (content, sha256) = tokio::task::spawn_blocking(move || segment.end()).await??;
        let bytes = content.len() as u64;
        self.store.put(&file, content).await?;
        self.written.push(StateSegment { file, rows, bytes, sha256 });
        Ok(())
    }

    /// Writes what is left, and says what there is.
    pub(super) async fn end(mut self) -> Result<Vec<StateSegment>, ArchiveError> {
        self.put().await?;
        Ok(self.written)
    }
}

/// Hands each row of a segment to `take`, with its table.
pub(super) fn rows(
    file: &SegmentFile,
    mut take: impl FnMut(&'static StateTable, &str) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    file.lines(|line| {
        let StateLine { table, row } = serde_json::from_slice(line)
            .map_err(|error| file.damaged(format!("a line is no row ({error})")))?;
        let known = TABLES.iter().find(|known| known.name == table);
        let Some(known) = known else {
            return Err(file.damaged(format!("it has a row of table {table:?}, which is unknown")));
        };
        take(known, row.get())
    })
}
