//! A row, taken apart.

use serde::{
    Serialize, Serializer,
    ser::{Impossible, SerializeStruct},
};
use ulid::Ulid;

use super::{Cell, CellError, unfit};
use crate::kernel::{
    Column, ColumnKind, Date, Timestamp,
    personal::{OPEN, Opened, Replacement, WireError, rewrite},
};

/// Takes a row apart into the cells of its columns.
///
/// # Errors
/// When the row's fields are not those of the columns, in their order.
pub(in crate::kernel) fn to_cells<R: Serialize>(
    row: &R,
    columns: &[Column],
) -> Result<Vec<Cell>, CellError> {
    let cells = row.serialize(ToRow { columns, cells: Vec::with_capacity(columns.len()) })?;
    if cells.len() == columns.len() {
        Ok(cells)
    } else {
        Err(CellError(format!("{} fields for {} columns", cells.len(), columns.len())))
    }
}

struct ToRow<'a> {
    columns: &'a [Column],
    cells: Vec<Cell>,
}

impl SerializeStruct for ToRow<'_> {
    type Ok = Vec<Cell>;
    type Error = CellError;

    fn serialize_field<T: ?Sized + Serialize>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), CellError> {
        let column = self
            .columns
            .get(self.cells.len())
            .filter(|column| column.name == name)
            .ok_or_else(|| CellError(format!("{name} is not the next column")))?;
        self.cells.push(if column.personal {
            personal(value)?
        } else if column.kind == ColumnKind::Json {
            match serde_json::to_string(value).map_err(|e| CellError(e.to_string()))? {
                text if text == "null" => Cell::Null,
                text => Cell::JsonText(text),
            }
        } else {
            value.serialize(ToCell(&column.kind))?
        });
        Ok(())
    }
    fn end(self) -> Result<Vec<Cell>, CellError> {
        Ok(self.cells)
    }
}

/// The cell of a personal value, or of nothing.
fn personal<T: ?Sized + Serialize>(value: &T) -> Result<Cell, CellError> {
    let bytes = rmp_serde::to_vec_named(value)
        .map_err(|_| CellError("a personal value cannot be written".to_owned()))?;
    let mut cell = Cell::Null;
    rewrite(&bytes, OPEN, |body| {
        cell = Cell::Personal(Opened::parse(body)?);
        Ok(Replacement::Nil)
    })
    .map_err(|error: WireError| CellError(error.to_string()))?;
    Ok(cell)
}

type Never<T> = Impossible<T, CellError>;

macro_rules! unfit {
    ($ok:ty: $($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, _: $type) -> Result<$ok, CellError> { unfit(stringify!($type)) })*
    };
}

impl<'a> Serializer for ToRow<'a> {
    type Ok = Vec<Cell>;
    type Error = CellError;
    type SerializeSeq = Never<Vec<Cell>>;
    type SerializeTuple = Never<Vec<Cell>>;
    type SerializeTupleStruct = Never<Vec<Cell>>;
    type SerializeTupleVariant = Never<Vec<Cell>>;
    type SerializeMap = Never<Vec<Cell>>;
    type SerializeStruct = ToRow<'a>;
    type SerializeStructVariant = Never<Vec<Cell>>;

    fn is_human_readable(&self) -> bool {
        false
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, CellError> {
        Ok(self)
    }
    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Vec<Cell>, CellError> {
        value.serialize(self)
    }
    unfit!(Vec<Cell>:
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_u64: u64, serialize_f32: f32, serialize_f64: f64, serialize_char: char,
        serialize_str: &str, serialize_bytes: &[u8], serialize_unit_struct: &'static str,
    );
    fn serialize_none(self) -> Result<Vec<Cell>, CellError> {
        unfit("nothing")
    }
    fn serialize_some<T: ?Sized + Serialize>(self, _: &T) -> Result<Vec<Cell>, CellError> {
        unfit("an option")
    }
    fn serialize_unit(self) -> Result<Vec<Cell>, CellError> {
        unfit("nothing")
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<Vec<Cell>, CellError> {
        unfit("a variant")
    }
    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Vec<Cell>, CellError> {
        unfit("a variant")
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Never<Vec<Cell>>, CellError> {
        unfit("a list")
    }
    fn serialize_tuple(self, _: usize) -> Result<Never<Vec<Cell>>, CellError> {
        unfit("a tuple")
    }
    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Never<Vec<Cell>>, CellError> {
        unfit("a tuple")
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never<Vec<Cell>>, CellError> {
        unfit("a variant")
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Never<Vec<Cell>>, CellError> {
        unfit("a map")
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never<Vec<Cell>>, CellError> {
        unfit("a variant")
    }
}

pub(super) struct ToCell<'a>(pub(super) &'a ColumnKind);

impl ToCell<'_> {
    pub(super) fn integer<T: TryInto<i64>>(&self, value: T) -> Result<Cell, CellError> {
        let Ok(value) = value.try_into() else { return unfit("a number above 2^63") };
        match self.0 {
            ColumnKind::Int => Ok(Cell::Int(value)),
            ColumnKind::Timestamp => Ok(Cell::Timestamp(Timestamp::from_micros(value))),
            ColumnKind::Date => i32::try_from(value)
                .ok()
                .and_then(Date::from_days)
                .map_or_else(|| unfit("a day out of range"), |date| Ok(Cell::Date(date))),
            _ => unfit("a number"),
        }
    }
}

macro_rules! integers {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<Cell, CellError> { self.integer(value) })*
    };
}

impl Serializer for ToCell<'_> {
    type Ok = Cell;
    type Error = CellError;
    type SerializeSeq = Never<Cell>;
    type SerializeTuple = Never<Cell>;
    type SerializeTupleStruct = Never<Cell>;
    type SerializeTupleVariant = Never<Cell>;
    type SerializeMap = Never<Cell>;
    type SerializeStruct = Never<Cell>;
    type SerializeStructVariant = Never<Cell>;

    fn is_human_readable(&self) -> bool {
        false
    }
    integers!(
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
    );
    unfit!(Cell:
        serialize_f32: f32, serialize_f64: f64, serialize_bytes: &[u8],
        serialize_unit_struct: &'static str,
    );
    fn serialize_bool(self, value: bool) -> Result<Cell, CellError> {
        if *self.0 == ColumnKind::Bool { Ok(Cell::Bool(value)) } else { unfit("a bool") }
    }
    fn serialize_char(self, value: char) -> Result<Cell, CellError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, text: &str) -> Result<Cell, CellError> {
        let cell = match self.0 {
            ColumnKind::Text | ColumnKind::Enum { .. } => Some(Cell::Text(text.to_owned())),
            ColumnKind::Id { prefix, .. } => text
                .strip_prefix(prefix.as_str())
                .and_then(|rest| Ulid::from_string(rest.strip_prefix('_')?).ok())
                .map(Cell::Id),
            ColumnKind::Timestamp => text.parse().ok().map(Cell::Timestamp),
            ColumnKind::Date => text.parse().ok().map(Cell::Date),
            ColumnKind::Bool | ColumnKind::Int | ColumnKind::Json => None,
        };
        cell.map_or_else(|| unfit(&format!("{text:?}")), Ok)
    }
    fn serialize_none(self) -> Result<Cell, CellError> {
        Ok(Cell::Null)
    }
    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<Cell, CellError> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Cell, CellError> {
        Ok(Cell::Null)
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Cell, CellError> {
        self.serialize_str(variant)
    }
    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Cell, CellError> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Cell, CellError> {
        unfit("a variant with fields")
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Never<Cell>, CellError> {
        unfit("a list")
    }
    fn serialize_tuple(self, _: usize) -> Result<Never<Cell>, CellError> {
        unfit("a tuple")
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Never<Cell>, CellError> {
        unfit("a tuple")
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never<Cell>, CellError> {
        unfit("a variant with fields")
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Never<Cell>, CellError> {
        unfit("a map")
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Never<Cell>, CellError> {
        unfit("a struct")
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never<Cell>, CellError> {
        unfit("a variant with fields")
    }
}
