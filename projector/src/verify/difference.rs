//! What can be wrong with a row.

use std::{collections::HashMap, fmt};

use bytes::BytesMut;
use domain::kernel::{Cell, ReadModelEntry};
use event_store::TenantId;
use serde_json::Value;
use ulid::Ulid;

use super::TOLD;
use crate::{cells, model::Model};

/// A place where a table is not what the log says.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The read model.
    pub read_model: &'static str,
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
        write!(f, "{} of {}", self.read_model, TenantId(self.tenant))?;
        if !self.key.is_empty() {
            write!(f, ", {}", self.key)?;
        }
        match &self.what {
            What::Missing => f.write_str(": the row is missing"),
            What::Extra => f.write_str(": the row should not be there"),
            What::Column { column, stored, expected } => {
                write!(f, ": {column} is {stored}, should be {expected}")
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
}

impl<'a> Expected<'a> {
    pub(super) fn new(model: &'a Model, tenant: Ulid, rows: Vec<(Vec<Cell>, u64)>) -> Self {
        let rows = rows.into_iter().map(|row| (key(model, &row.0), row)).collect();
        Self { model, tenant, rows }
    }

    /// Compares a row of the table. What has been compared is expected no more.
    pub(super) fn compare(&mut self, stored: &(Vec<Cell>, u64), to: &mut Differences) {
        let Some(expected) = self.rows.remove(&key(self.model, &stored.0)) else {
            to.add(|| self.difference(&stored.0, What::Extra));
            return;
        };
        let columns = &self.model.entry().table.columns;
        for ((column, stored_cell), expected) in columns.iter().zip(&stored.0).zip(&expected.0) {
            if stored_cell != expected {
                to.add(|| {
                    let what = What::Column {
                        column: column.name.clone(),
                        stored: stored_cell.to_json(&column.kind),
                        expected: expected.to_json(&column.kind),
                    };
                    self.difference(&stored.0, what)
                });
            }
        }
        if stored.1 != expected.1 {
            to.add(|| {
                let what = What::Column {
                    column: "updated_position".to_owned(),
                    stored: stored.1.into(),
                    expected: expected.1.into(),
                };
                self.difference(&stored.0, what)
            });
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
        Difference { read_model: entry.name, tenant: self.tenant, key: text(entry, row), what }
    }
}

fn key(model: &Model, row: &[Cell]) -> BytesMut {
    let mut bytes = BytesMut::new();
    for cell in model.key.iter().filter_map(|place| row.get(*place)) {
        cells::put(cell, &mut bytes);
    }
    bytes
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
