//! What can be wrong with a row.

use std::{collections::HashMap, fmt};

use bytes::BytesMut;
use domain::kernel::{Cell, ReadModelEntry};
use event_store::{
    TenantId,
    keys::{KeyError, Matcher},
};
use serde_json::Value;
use tokio::runtime::Handle;
use tokio_postgres::Row;
use ulid::Ulid;

use super::TOLD;
use crate::{cells, model::Model, vault::StoredRow};

/// A place where a table is not what the log says.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The read model.
    pub read_model: &'static str,
    /// Its table.
    pub table: String,
    /// Whose row.
    pub tenant: Ulid,
    /// Which row: the columns of its key. Empty when it is not about one row.
    pub key: String,
    /// What is different.
    pub what: What,
}

/// What is different.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The row should be there.
    Missing,
    /// The row should not be there.
    Extra,
    /// A column holds something else.
    Column {
        /// Its name.
        column: String,
        /// What it holds.
        stored: Value,
        /// What it should hold.
        expected: Value,
    },
    /// A column holds another personal value, or finds it by something else.
    Personal {
        /// Its name.
        column: String,
    },
    /// Some people were erased who may still be in the rows.
    Remembered {
        /// How many erasures there were.
        erasures: u64,
    },
    /// The row cannot be read.
    Unreadable(String),
    /// An event up to the checkpoint cannot be folded.
    Unfoldable {
        /// Its position.
        position: u64,
        /// Why not.
        error: String,
    },
    /// The checkpoint lies beyond the end of the log.
    Ahead {
        /// The checkpoint.
        checkpoint: u64,
        /// Where the log ends.
        head: u64,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.table, TenantId(self.tenant))?;
        if !self.key.is_empty() {
            write!(f, ", {}", self.key)?;
        }
        match &self.what {
            What::Missing => f.write_str(": the row is missing"),
            What::Extra => f.write_str(": the row should not be there"),
            What::Column { column, stored, expected } => {
                write!(f, ": {column} is {stored}, should be {expected}")
            }
            What::Personal { column } => {
                write!(f, ": {column} holds another personal value than it should")
            }
            What::Remembered { erasures } => {
                write!(f, ": {erasures} erasures are not taken in yet; run a projector")
            }
            What::Unreadable(reason) => write!(f, ": {reason}"),
            What::Unfoldable { position, error } => {
                write!(f, ": the event at position {position} cannot be folded: {error}")
            }
            What::Ahead { checkpoint, head } => {
                write!(f, ": the checkpoint is {checkpoint}, but the log ends at {head}")
            }
        }
    }
}

/// Differences that are counted, the first of which are also told.
#[derive(Default)]
pub(super) struct Differences {
    pub(super) found: u64,
    pub(super) told: Vec<Difference>,
}

impl Differences {
    pub(super) fn add(&mut self, difference: impl FnOnce() -> Difference) {
        self.found += 1;
        if self.told.len() < TOLD {
            self.told.push(difference());
        }
    }
}

/// The rows that a table should hold for one tenant.
pub(super) struct Expected<'a> {
    model: &'a Model,
    tenant: Ulid,
    /// By the bytes of the key.
    rows: HashMap<BytesMut, (Vec<Cell>, u64)>,
    /// By what personal values are found.
    matcher: Option<Matcher>,
}

impl<'a> Expected<'a> {
    pub(super) fn new(
        model: &'a Model,
        tenant: Ulid,
        rows: Vec<(Vec<Cell>, u64)>,
        runtime: &Handle,
    ) -> Result<Self, KeyError> {
        let rows = rows.into_iter().map(|row| (model.key_bytes(&row.0), row)).collect();
        let matcher = if model.hidden.is_empty() {
            None
        } else {
            runtime.block_on(model.ring.matcher(tenant))?
        };
        Ok(Self { model, tenant, rows, matcher })
    }

    /// Compares a row of the table. What has been compared is expected no more.
    pub(super) fn compare(&mut self, stored: &StoredRow, row: &Row, to: &mut Differences) {
        let Some((cells, position)) = self.rows.remove(&self.model.key_bytes(&stored.cells)) else {
            to.add(|| self.difference(&stored.cells, What::Extra));
            return;
        };
        let columns = &self.model.entry().table.columns;
        for ((column, stored_cell), expected) in columns.iter().zip(&stored.cells).zip(&cells) {
            if stored_cell != expected && !column.personal {
                to.add(|| {
                    let what = What::Column {
                        column: column.name.clone(),
                        stored: stored_cell.to_json(&column.kind),
                        expected: expected.to_json(&column.kind),
                    };
                    self.difference(&stored.cells, what)
                });
            }
        }
        self.compare_personal(stored, row, &cells, to);
        if stored.position != position {
            to.add(|| {
                let what = What::Column {
                    column: "updated_position".to_owned(),
                    stored: stored.position.into(),
                    expected: position.into(),
                };
                self.difference(&stored.cells, what)
            });
        }
    }

    /// Compares personal values and what they are found by, which stands in
    /// the result behind the row and its position.
    fn compare_personal(
        &self,
        stored: &StoredRow,
        row: &Row,
        expected: &[Cell],
        to: &mut Differences,
    ) {
        let columns = &self.model.entry().table.columns;
        let mut further = columns.len() + 1;
        for hidden in &self.model.hidden {
            let Some(column) = columns.get(hidden.column) else { continue };
            let (is, should) = (stored.cells.get(hidden.column), expected.get(hidden.column));
            let mut is_same = is == should;
            if column.match_name().is_some() {
                let found_by = should.and_then(|cell| hidden.found_by(cell, self.matcher.as_ref()));
                is_same &= cells::raw(row, further) == found_by.as_deref();
                further += 1;
            }
            if !is_same {
                let what = What::Personal { column: column.name.clone() };
                to.add(|| self.difference(&stored.cells, what));
            }
        }
    }

    /// What was never compared is not there.
    pub(super) fn finish(self, to: &mut Differences) {
        for (row, _) in self.rows.values() {
            to.add(|| self.difference(row, What::Missing));
        }
    }

    fn difference(&self, row: &[Cell], what: What) -> Difference {
        let entry = self.model.entry();
        let (read_model, table) = (entry.name, self.model.name.clone());
        Difference { read_model, table, tenant: self.tenant, key: text(entry, row), what }
    }
}

/// `book=bok_01J…, until=2026-01-15`
fn text(entry: &ReadModelEntry, row: &[Cell]) -> String {
    let part = |name: &&'static str| {
        let place = entry.table.position(name)?;
        let value = row.get(place)?.to_json(&entry.table.columns.get(place)?.kind);
        Some(match value {
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        })
    };
    entry.key.iter().filter_map(part).collect::<Vec<_>>().join(", ")
}
