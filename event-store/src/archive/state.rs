//! What the log knows of a tenant beside its events: rows of other tables.

use std::{borrow::Cow, pin::pin};

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
    rows: Rows,
    /// Whether the writer of the log owns its rows, or the owner.
    pub(super) of_log: bool,
    /// Whether its rows go with a log of the past.
    pub(super) of_past: Past,
    /// Whether its rows are for the same tenant alone.
    pub(super) acts: bool,
}

/// How rows are read and brought in.
enum Rows {
    /// As they are, but for their tenant: those of `t` that are to be in an
    /// archive which ends at position $2, in an order. Whoever brings in one
    /// that is there already keeps that, or fails.
    Whole { which: &'static str, order: &'static str, or_kept: bool },
    /// By statements of their own, with the same parameters.
    Own { select: &'static str, insert: &'static str },
}

impl StateTable {
    /// How its rows are read: $1 the tenant, $2 the archive's position.
    fn select(&self) -> Cow<'static, str> {
        let (which, order) = match self.rows {
            Rows::Whole { which, order, .. } => (which, order),
            Rows::Own { select, .. } => return select.into(),
        };
        let name = self.name;
        Cow::Owned(format!(
            "SELECT (to_jsonb(t) - 'tenant_id')::text FROM log.{name} AS t
             WHERE t.tenant_id = $1 AND {which} ORDER BY {order}"
        ))
    }

    /// How rows are brought in: $1 the tenant, $2 the position at which its log
    /// ends, $3 the rows.
    pub(super) fn insert(&self) -> Cow<'static, str> {
        let (which, or_kept) = match self.rows {
            Rows::Whole { which, or_kept, .. } => (which, or_kept),
            Rows::Own { insert, .. } => return insert.into(),
        };
        let (name, or) = (self.name, if or_kept { "ON CONFLICT DO NOTHING" } else { "" });
        Cow::Owned(format!(
            "INSERT INTO log.{name}
             SELECT t.*
             FROM unnest($3::text[]) AS line (row)
             CROSS JOIN LATERAL jsonb_populate_record(
                 NULL::log.{name}, line.row::jsonb || jsonb_build_object('tenant_id', $1::uuid)
             ) AS t
             WHERE {which} {or}"
        ))
    }
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

/// All rows, wherever an archive ends.
const ALL: &str = "$2::bigint IS NOT NULL";

const fn whole(which: &'static str, order: &'static str) -> Rows {
    Rows::Whole { which, order, or_kept: false }
}

/// The tables, in the order in which their rows are written and brought in.
pub(super) const TABLES: &[StateTable] = &[
    StateTable {
        name: "claims",
        rows: whole(ALL, "t.scope, t.key"),
        of_log: true,
        of_past: Past::Folded,
        acts: false,
    },
    StateTable {
        name: "series",
        rows: whole(ALL, "t.series"),
        of_log: true,
        of_past: Past::Folded,
        acts: false,
    },
    // Those that are still remembered.
    StateTable {
        name: "commands",
        rows: Rows::Whole {
            which: "t.last_position <= $2",
            order: "t.last_position, t.command_id",
            or_kept: true,
        },
        of_log: true,
        of_past: Past::Filtered,
        acts: false,
    },
    StateTable {
        name: "personal_data",
        rows: whole("t.position <= $2", "t.subject_id, t.position"),
        of_log: true,
        of_past: Past::Filtered,
        acts: false,
    },
    // Whoever was erased is so at every moment.
    StateTable {
        name: "erasures",
        rows: Rows::Whole { which: ALL, order: "t.number", or_kept: true },
        of_log: false,
        of_past: Past::Filtered,
        acts: false,
    },
    StateTable {
        name: "checkpoints",
        rows: Rows::Own {
            select: include_str!("sql/export_checkpoints.sql"),
            insert: include_str!("sql/import_checkpoints.sql"),
        },
        of_log: false,
        of_past: Past::Unknown,
        acts: true,
    },
    StateTable {
        name: "timers",
        rows: whole(ALL, "t.stream_id, t.name"),
        of_log: false,
        of_past: Past::Unknown,
        acts: true,
    },
    StateTable {
        name: "refused_intents",
        rows: whole(ALL, "t.command_id"),
        of_log: false,
        of_past: Past::Unknown,
        acts: true,
    },
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
        let rows = client.query_raw(&*table.select(), params).await?;
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
