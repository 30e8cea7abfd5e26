//! Personal values between the log, the memory and the tables: sealed in the
//! log and in tables, open while they are folded.
//!
//! A value is sealed for its table and column. Beside it stands a keyed hash
//! of it, by which it is found.

use domain::kernel::{Cell, ColumnKind, ReadModelEntry, personal::Opened};
use event_store::keys::{KeyError, Keys, Matcher, subject_of};
use tokio_postgres::Row;
use ulid::Ulid;

use crate::{
    cells::{self, Unreadable},
    model::Model,
};

/// A column that holds personal data.
pub(crate) struct Hidden {
    /// Its place among all columns.
    pub(crate) column: usize,
    kind: ColumnKind,
    /// Its name in error texts.
    name: String,
    /// Where its values stand.
    place: String,
    /// Whether they can be found.
    is_matched: bool,
}

impl Hidden {
    pub(crate) fn of(entry: &ReadModelEntry) -> Vec<Self> {
        let columns = entry.table.columns.iter().enumerate();
        let hidden = columns.filter(|(_, column)| column.personal).map(|(place, column)| Self {
            column: place,
            kind: column.kind.clone(),
            name: column.name.clone(),
            place: entry.place_of(column),
            is_matched: column.match_name().is_some(),
        });
        hidden.collect()
    }

    /// What finds a value.
    pub(crate) fn found_by(&self, cell: &Cell, matcher: Option<&Matcher>) -> Option<Vec<u8>> {
        let matcher = matcher.filter(|_| self.is_matched)?;
        cell.text(&self.kind).map(|text| matcher.of(&self.place, &text))
    }
}

/// What stands in the table for one personal value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seal {
    pub(crate) value: Option<Vec<u8>>,
    /// What it is found by.
    pub(crate) found_by: Option<Vec<u8>>,
}

/// Why rows could not be sealed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    /// The keys could not be had.
    #[error(transparent)]
    Keys(KeyError),
    /// A value cannot be sealed whatever is tried.
    #[error("the personal value for column {column} cannot be sealed: {reason}")]
    Unfit { column: String, reason: KeyError },
}

/// A row as a table holds it.
pub(crate) struct StoredRow {
    pub(crate) cells: Vec<Cell>,
    pub(crate) position: u64,
    /// Whether it holds a value of somebody who was erased.
    pub(crate) withered: bool,
}

/// Reads rows of a table, the position after their columns.
pub(crate) async fn open_rows(
    model: &Model,
    tenant: Ulid,
    rows: &[Row],
) -> Result<Vec<Result<StoredRow, Unreadable>>, KeyError> {
    let keys = keys_of_rows(model, tenant, rows).await?;
    Ok(rows.iter().map(|row| open_row(model, &keys, row)).collect())
}

/// The keys of all whose values are in rows.
pub(crate) async fn keys_of_rows(
    model: &Model,
    tenant: Ulid,
    rows: &[Row],
) -> Result<Keys, KeyError> {
    if model.hidden.is_empty() {
        return Ok(Keys::default());
    }
    let sealed = rows.iter().flat_map(|row| {
        model.hidden.iter().filter_map(|hidden| subject_of(cells::raw(row, hidden.column)?))
    });
    let subjects = distinct(sealed);
    model.ring.keys(tenant, &subjects).await
}

fn distinct(subjects: impl Iterator<Item = Ulid>) -> Vec<Ulid> {
    let mut subjects: Vec<Ulid> = subjects.collect();
    subjects.sort_unstable();
    subjects.dedup();
    subjects
}

fn open_row(model: &Model, keys: &Keys, row: &Row) -> Result<StoredRow, Unreadable> {
    let mut withered = false;
    let open = |place: usize, sealed: &[u8]| {
        let hidden = model.hidden.iter().find(|hidden| hidden.column == place);
        let Some(hidden) = hidden else { return Ok(Cell::Null) };
        match keys.open(hidden.place.as_bytes(), sealed) {
            Ok(Some(opened)) => Ok(Cell::Personal(opened)),
            Ok(None) => {
                withered = true;
                Ok(Cell::Null)
            }
            Err(reason) => {
                Err(Unreadable::Sealed { column: hidden.name.clone(), reason: reason.to_string() })
            }
        }
    };
    let (cells, position) = cells::row_of(row, &model.entry().table.columns, open)?;
    Ok(StoredRow { cells, position, withered })
}

/// Seals the personal values of rows: for each row one seal per personal
/// column.
pub(crate) async fn seal_rows(
    model: &Model,
    tenant: Ulid,
    rows: &[(Vec<Cell>, u64)],
) -> Result<Vec<Vec<Seal>>, SealError> {
    if model.hidden.is_empty() {
        return Ok(vec![]);
    }
    let values = rows.iter().flat_map(|(row, _)| {
        model.hidden.iter().filter_map(|hidden| opened(row.get(hidden.column)?))
    });
    let subjects = distinct(values.filter_map(|value| value.subject));
    let keys = model.ring.keys(tenant, &subjects).await.map_err(SealError::Keys)?;
    let matcher = model.ring.matcher(tenant).await.map_err(SealError::Keys)?;
    rows.iter().map(|(row, _)| seal_row(model, &keys, matcher.as_ref(), row)).collect()
}

fn opened(cell: &Cell) -> Option<&Opened> {
    if let Cell::Personal(opened) = cell { Some(opened) } else { None }
}

fn seal_row(
    model: &Model,
    keys: &Keys,
    matcher: Option<&Matcher>,
    row: &[Cell],
) -> Result<Vec<Seal>, SealError> {
    let seal = |hidden: &Hidden| {
        let Some(cell) = row.get(hidden.column) else { return Ok(Seal::default()) };
        let Some(value) = opened(cell) else { return Ok(Seal::default()) };
        match keys.seal(hidden.place.as_bytes(), value) {
            // Of somebody who has been erased meanwhile nothing is kept.
            Ok(None) => Ok(Seal::default()),
            Ok(value) => Ok(Seal { value, found_by: hidden.found_by(cell, matcher) }),
            Err(reason) if reason.is_about_bytes() => {
                Err(SealError::Unfit { column: hidden.name.clone(), reason })
            }
            Err(error) => Err(SealError::Keys(error)),
        }
    };
    model.hidden.iter().map(seal).collect()
}
