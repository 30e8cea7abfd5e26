//! Cells in PostgreSQL's binary format, which arrays, COPY and result rows
//! share: a length, then the bytes.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use domain::kernel::{Cell, Column, ColumnKind, Date, Timestamp};
use postgres_types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::Row;
use ulid::Ulid;

use crate::vault::Seal;

/// PostgreSQL counts time from 2000-01-01.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROS: i64 = 946_684_800_000_000;
/// The one version of the binary form of `jsonb`.
const JSONB: u8 = 1;

static NULL: Cell = Cell::Null;

/// What came from a table is not what its column should hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// It does not have the type of its column.
    #[error("column {column} holds {size} bytes that are no {kind:?}")]
    Type { column: String, size: usize, kind: ColumnKind },
    /// It does not open, though its subject has not been erased.
    #[error("the personal value in column {column} cannot be opened: {reason}")]
    Sealed { column: String, reason: String },
}

/// Writes a cell.
pub(crate) fn put(cell: &Cell, out: &mut BytesMut) {
    match cell {
        // INVARIANT: a personal value reaches a table sealed, which `vault` does,
        // and never like this. Guarded by the test `no_table_holds_plaintext`.
        Cell::Null | Cell::Personal(_) => out.put_i32(-1),
        Cell::Bool(value) => put_bytes(&[u8::from(*value)], out),
        Cell::Int(value) => put_bytes(&value.to_be_bytes(), out),
        Cell::Text(text) => put_bytes(text.as_bytes(), out),
        Cell::Id(id) => put_bytes(&id.to_bytes(), out),
        Cell::Timestamp(time) => {
            put_bytes(&time.micros().saturating_sub(EPOCH_MICROS).to_be_bytes(), out);
        }
        Cell::Date(date) => put_bytes(&date.days().saturating_sub(EPOCH_DAYS).to_be_bytes(), out),
        Cell::Json(value) => {
            let mut bytes = vec![JSONB];
            // Writing a value to memory cannot fail.
            let _ = serde_json::to_writer(&mut bytes, value);
            put_bytes(&bytes, out);
        }
        Cell::JsonText(text) => {
            out.put_i32(i32::try_from(text.len() + 1).unwrap_or(i32::MAX));
            out.put_u8(JSONB);
            out.put_slice(text.as_bytes());
        }
    }
}

pub(crate) fn put_bytes(bytes: &[u8], out: &mut BytesMut) {
    out.put_i32(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
    out.put_slice(bytes);
}

/// Reads the first columns of a row, then the position that follows them.
/// Personal values are opened by whoever can.
pub(crate) fn row_of(
    row: &Row,
    columns: &[Column],
    mut open: impl FnMut(usize, &[u8]) -> Result<Cell, Unreadable>,
) -> Result<(Vec<Cell>, u64), Unreadable> {
    let cells = columns.iter().enumerate().map(|(place, column)| {
        let raw = raw(row, place);
        if column.personal {
            return raw.map_or(Ok(Cell::Null), |sealed| open(place, sealed));
        }
        get(&column.kind, raw).ok_or_else(|| Unreadable::Type {
            column: column.name.clone(),
            size: raw.map_or(0, <[u8]>::len),
            kind: column.kind.clone(),
        })
    });
    let cells = cells.collect::<Result<_, _>>()?;
    let position = row.try_get::<_, i64>(columns.len()).unwrap_or(0);
    Ok((cells, u64::try_from(position).unwrap_or(0)))
}

/// The bytes of a column.
pub(crate) fn raw(row: &Row, place: usize) -> Option<&[u8]> {
    row.try_get::<_, Raw<'_>>(place).map_or(None, |raw| raw.0)
}

/// Reads a cell.
fn get(kind: &ColumnKind, bytes: Option<&[u8]>) -> Option<Cell> {
    let Some(bytes) = bytes else { return Some(Cell::Null) };
    Some(match kind {
        ColumnKind::Bool => Cell::Bool(*bytes.first()? != 0),
        ColumnKind::Int => Cell::Int(i64::from_be_bytes(bytes.try_into().ok()?)),
        ColumnKind::Text | ColumnKind::Enum { .. } => {
            Cell::Text(std::str::from_utf8(bytes).ok()?.to_owned())
        }
        ColumnKind::Id { .. } => Cell::Id(Ulid::from_bytes(bytes.try_into().ok()?)),
        ColumnKind::Timestamp => {
            let micros = i64::from_be_bytes(bytes.try_into().ok()?);
            Cell::Timestamp(Timestamp::from_micros(micros.saturating_add(EPOCH_MICROS)))
        }
        ColumnKind::Date => {
            let days = i32::from_be_bytes(bytes.try_into().ok()?);
            Cell::Date(Date::from_days(days.saturating_add(EPOCH_DAYS))?)
        }
        ColumnKind::Json => Cell::Json(serde_json::from_slice(bytes.strip_prefix(&[JSONB])?).ok()?),
    })
}

/// A value as it came, whatever its type.
struct Raw<'a>(Option<&'a [u8]>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Some(raw)))
    }
    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(None))
    }
    fn accepts(_: &Type) -> bool {
        true
    }
}

/// One column of several rows, as the argument of `unnest`.
#[derive(Debug)]
pub(crate) struct Array(BytesMut);

impl Array {
    /// The column at a place of all rows.
    pub(crate) fn column<'c>(
        kind: &ColumnKind,
        rows: impl ExactSizeIterator<Item = &'c Vec<Cell>>,
        place: usize,
    ) -> Self {
        Self::of(&type_of(kind), rows, |row, out| put(row.get(place).unwrap_or(&NULL), out))
    }

    /// What is sealed or hashed.
    pub(crate) fn bytes<'c>(values: impl ExactSizeIterator<Item = Option<&'c [u8]>>) -> Self {
        Self::of(&Type::BYTEA, values, put_sealed)
    }

    /// Positions in a log.
    pub(crate) fn positions(positions: impl ExactSizeIterator<Item = u64>) -> Self {
        Self::of(&Type::INT8, positions, |position, out| {
            put_bytes(&position.to_be_bytes(), out);
        })
    }

    fn of<T>(
        kind: &Type,
        values: impl ExactSizeIterator<Item = T>,
        put: impl Fn(T, &mut BytesMut),
    ) -> Self {
        let count = values.len();
        let mut out = BytesMut::with_capacity(20 + count * 20);
        // Dimensions, whether there may be nulls, the type of the elements.
        out.put_i32(i32::from(count > 0));
        out.put_i32(1);
        out.put_u32(kind.oid());
        if count > 0 {
            out.put_i32(i32::try_from(count).unwrap_or(i32::MAX));
            // The first element's number.
            out.put_i32(1);
        }
        for value in values {
            put(value, &mut out);
        }
        Self(out)
    }
}

impl ToSql for Array {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_slice(&self.0);
        Ok(IsNull::No)
    }
    fn accepts(ty: &Type) -> bool {
        matches!(ty.kind(), postgres_types::Kind::Array(_))
    }
    to_sql_checked!();
}

fn type_of(kind: &ColumnKind) -> Type {
    match kind {
        ColumnKind::Bool => Type::BOOL,
        ColumnKind::Int => Type::INT8,
        ColumnKind::Text | ColumnKind::Enum { .. } => Type::TEXT,
        ColumnKind::Id { .. } => Type::UUID,
        ColumnKind::Timestamp => Type::TIMESTAMPTZ,
        ColumnKind::Date => Type::DATE,
        ColumnKind::Json => Type::JSONB,
    }
}

fn put_sealed(value: Option<&[u8]>, out: &mut BytesMut) {
    match value {
        Some(bytes) => put_bytes(bytes, out),
        None => out.put_i32(-1),
    }
}

/// Writes a row as COPY takes it: the tenant, the cells, the position.
pub(crate) fn put_row(
    tenant: Ulid,
    columns: &[Column],
    (row, position): (&[Cell], u64),
    seals: &[Seal],
    out: &mut BytesMut,
) {
    let mut seals = seals.iter();
    let matches = columns.iter().filter(|column| column.match_name().is_some()).count();
    out.put_i16(i16::try_from(row.len() + matches + 2).unwrap_or(i16::MAX));
    put_bytes(&tenant.to_bytes(), out);
    for (column, cell) in columns.iter().zip(row) {
        if !column.personal {
            put(cell, out);
            continue;
        }
        let seal = seals.next();
        put_sealed(seal.and_then(|seal| seal.value.as_deref()), out);
        if column.match_name().is_some() {
            put_sealed(seal.and_then(|seal| seal.found_by.as_deref()), out);
        }
    }
    put_bytes(&position.to_be_bytes(), out);
}
