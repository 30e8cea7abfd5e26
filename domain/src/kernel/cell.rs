//! Rows as cells: the form in which a row of any type meets a database.

use std::{fmt::Debug, hash::Hash};

use serde::{
    Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, DeserializeSeed, IntoDeserializer, SeqAccess, Visitor},
    forward_to_deserialize_any,
    ser::{Impossible, SerializeStruct},
};
use serde_json::Value;
use ulid::Ulid;

use super::{
    Column, ColumnKind, Currency, Date, Id, Kind, Text, Timestamp,
    personal::{OPEN, Opened, Replacement, WireError, rewrite},
};

/// The value of one column of one row.
#[derive(Clone, Debug)]
pub enum Cell {
    /// Empty.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number.
    Int(i64),
    /// Text, or the word of an enum.
    Text(String),
    /// An id without its prefix, which the column knows.
    Id(Ulid),
    /// An instant.
    Timestamp(Timestamp),
    /// A civil date.
    Date(Date),
    /// Anything nested.
    Json(Value),
    /// The same as text: what is only passed on is not taken apart.
    JsonText(String),
    /// A personal value, of whatever kind the column says.
    Personal(Opened),
}

impl Cell {
    /// The cell as JSON: ids with their prefix, times as text.
    #[must_use]
    pub fn to_json(&self, kind: &ColumnKind) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Text(value) => value.clone().into(),
            Self::Id(id) => id_text(*id, kind).into(),
            Self::Timestamp(time) => time.to_string().into(),
            Self::Date(date) => date.to_string().into(),
            Self::Json(value) => value.clone(),
            Self::JsonText(text) => json(text),
            Self::Personal(opened) => {
                Self::read(&opened.value, kind).map_or(Value::Null, |cell| cell.to_json(kind))
            }
        }
    }

    /// The cell, that of a personal value as if the value were not personal.
    ///
    /// # Errors
    /// When the value is not of the column's kind.
    pub fn plain(self, kind: &ColumnKind) -> Result<Self, CellError> {
        match self {
            Self::Personal(opened) => Self::read(&opened.value, kind),
            plain => Ok(plain),
        }
    }

    /// The value as text, by which personal values are compared; nothing of an
    /// empty one.
    #[must_use]
    pub fn text(&self, kind: &ColumnKind) -> Option<String> {
        match self.to_json(kind) {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }

    /// Reads a value of a kind from MessagePack.
    fn read(value: &[u8], kind: &ColumnKind) -> Result<Self, CellError> {
        fn of<T: DeserializeOwned>(value: &[u8]) -> Result<T, CellError> {
            let unfit = |_| CellError("a personal value does not fit".to_owned());
            rmp_serde::from_slice(value).map_err(unfit)
        }
        match kind {
            ColumnKind::Json => of(value).map(Self::Json),
            ColumnKind::Bool => of(value).map(Self::Bool),
            ColumnKind::Text | ColumnKind::Enum { .. } => of(value).map(Self::Text),
            ColumnKind::Id { .. } => ToCell(kind).serialize_str(&of::<String>(value)?),
            ColumnKind::Int | ColumnKind::Timestamp | ColumnKind::Date => {
                ToCell(kind).integer(of::<i64>(value)?)
            }
        }
    }
}

impl PartialEq for Cell {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Int(one), Self::Int(other)) => one == other,
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Id(one), Self::Id(other)) => one == other,
            (Self::Timestamp(one), Self::Timestamp(other)) => one == other,
            (Self::Date(one), Self::Date(other)) => one == other,
            (Self::Personal(one), Self::Personal(other)) => one == other,
            (Self::Json(one), Self::Json(other)) => one == other,
            (Self::JsonText(one), Self::JsonText(other)) => {
                one == other || json(one) == json(other)
            }
            (Self::Json(value), Self::JsonText(text))
            | (Self::JsonText(text), Self::Json(value)) => json(text) == *value,
            _ => false,
        }
    }
}

/// What a text says that a serialiser wrote.
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

fn id_text(id: Ulid, kind: &ColumnKind) -> String {
    match kind {
        ColumnKind::Id { prefix, .. } => format!("{prefix}_{id}"),
        _ => id.to_string(),
    }
}

/// A row or cell that does not have the shape its columns declare.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CellError(String);

impl serde::ser::Error for CellError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}
impl serde::de::Error for CellError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Takes a row apart into the cells of its columns.
///
/// # Errors
/// When the row's fields are not those of the columns, in their order.
pub(super) fn to_cells<R: Serialize>(row: &R, columns: &[Column]) -> Result<Vec<Cell>, CellError> {
    let cells = row.serialize(ToRow { columns, cells: Vec::with_capacity(columns.len()) })?;
    if cells.len() == columns.len() {
        Ok(cells)
    } else {
        Err(CellError(format!("{} fields for {} columns", cells.len(), columns.len())))
    }
}

/// Puts a row together from the cells of its columns.
///
/// # Errors
/// When a cell does not fit its field.
pub(super) fn from_cells<R: DeserializeOwned>(
    cells: Vec<Cell>,
    columns: &[Column],
) -> Result<R, CellError> {
    R::deserialize(FromRow(cells.into_iter().zip(columns)))
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

fn unfit<T>(what: &str) -> Result<T, CellError> {
    Err(CellError(format!("{what} does not fit the column")))
}

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

struct ToCell<'a>(&'a ColumnKind);

impl ToCell<'_> {
    fn integer<T: TryInto<i64>>(&self, value: T) -> Result<Cell, CellError> {
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

/// Shows serde the cells of a row as the struct they came from, by place.
struct FromRow<I>(I);

impl<'de, 'a, I: Iterator<Item = (Cell, &'a Column)>> Deserializer<'de> for FromRow<I> {
    type Error = CellError;

    fn is_human_readable(&self) -> bool {
        false
    }
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CellError> {
        visitor.visit_seq(self)
    }
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

impl<'de, 'a, I: Iterator<Item = (Cell, &'a Column)>> SeqAccess<'de> for FromRow<I> {
    type Error = CellError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, CellError> {
        let Some((cell, column)) = self.0.next() else { return Ok(None) };
        let value = match cell {
            Cell::Json(value) => {
                seed.deserialize(value).map_err(|error| CellError(error.to_string()))
            }
            Cell::JsonText(text) => seed
                .deserialize(&mut serde_json::Deserializer::from_reader(text.as_bytes()))
                .map_err(|error| CellError(error.to_string())),
            Cell::Personal(opened) => {
                let extension = opened.extension();
                // What does not fit is personal, and not for error texts.
                seed.deserialize(&mut rmp_serde::Deserializer::new(extension.as_slice()))
                    .map_err(|_| CellError("a personal value does not fit".to_owned()))
            }
            cell => seed.deserialize(FromCell { cell, kind: &column.kind }),
        };
        value.map(Some).map_err(|error| CellError(format!("{}: {error}", column.name)))
    }
}

struct FromCell<'a> {
    cell: Cell,
    kind: &'a ColumnKind,
}

impl<'de> Deserializer<'de> for FromCell<'_> {
    type Error = CellError;

    fn is_human_readable(&self) -> bool {
        false
    }
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CellError> {
        match self.cell {
            Cell::Null => visitor.visit_unit(),
            Cell::Bool(value) => visitor.visit_bool(value),
            Cell::Int(value) => visitor.visit_i64(value),
            Cell::Text(value) => visitor.visit_string(value),
            Cell::Id(id) => visitor.visit_string(id_text(id, self.kind)),
            Cell::Timestamp(time) => visitor.visit_i64(time.micros()),
            Cell::Date(date) => visitor.visit_i64(date.days().into()),
            Cell::Json(_) | Cell::JsonText(_) => unfit("a nested value"),
            Cell::Personal(_) => unfit("a personal value"),
        }
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CellError> {
        if self.cell == Cell::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, CellError> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CellError> {
        match self.cell {
            Cell::Text(word) => visitor.visit_enum(word.into_deserializer()),
            _ => unfit("anything but a word"),
        }
    }
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// What may identify a row: one part or a tuple of parts.
pub trait RowKey: Ord + Hash + Clone + Debug + Send + Sync + 'static {
    /// The cells of the key columns.
    fn cells(&self) -> Vec<Cell>;
    /// The key made of these cells, if they are of the right kinds.
    fn from_cells(cells: &[Cell]) -> Option<Self>;
}

/// What may be a part of a key.
pub trait KeyPart: Ord + Hash + Clone + Debug + Send + Sync + 'static {
    /// The cell of the key column.
    fn cell(&self) -> Cell;
    /// The part made of this cell, if it is of the right kind.
    fn from_cell(cell: &Cell) -> Option<Self>;
}

macro_rules! key_parts {
    ($([$($generics:tt)*] $type:ty: $variant:ident, $to:expr, $from:expr);* $(;)?) => {$(
        impl<$($generics)*> KeyPart for $type {
            fn cell(&self) -> Cell {
                Cell::$variant(($to)(self))
            }
            fn from_cell(cell: &Cell) -> Option<Self> {
                match cell {
                    Cell::$variant(value) => ($from)(value),
                    _ => None,
                }
            }
        }
    )*};
}

key_parts! {
    [K: Kind] Id<K>: Id, |id: &Id<K>| id.ulid(), |id: &Ulid| Some(Id::new(*id));
    [] bool: Bool, |value: &bool| *value, |value: &bool| Some(*value);
    [] i64: Int, |value: &i64| *value, |value: &i64| Some(*value);
    [] Date: Date, |date: &Date| *date, |date: &Date| Some(*date);
    [] Timestamp: Timestamp, |time: &Timestamp| *time, |time: &Timestamp| Some(*time);
    [] Currency: Text, |code: &Currency| code.to_string(), |text: &String| text.parse().ok();
    [const MAX: usize] Text<MAX>: Text, |text: &Text<MAX>| text.to_string(),
        |text: &String| Some(Text::trusted(text.clone()));
}

impl<T: KeyPart> RowKey for T {
    fn cells(&self) -> Vec<Cell> {
        vec![self.cell()]
    }
    fn from_cells(cells: &[Cell]) -> Option<Self> {
        match cells {
            [cell] => T::from_cell(cell),
            _ => None,
        }
    }
}

macro_rules! tuple_keys {
    ($($part:ident: $place:tt),+) => {
        impl<$($part: KeyPart),+> RowKey for ($($part,)+) {
            fn cells(&self) -> Vec<Cell> {
                vec![$(self.$place.cell()),+]
            }
            fn from_cells(cells: &[Cell]) -> Option<Self> {
                Some(($($part::from_cell(cells.get($place)?)?,)+))
            }
        }
    };
}

tuple_keys!(A: 0, B: 1);
tuple_keys!(A: 0, B: 1, C: 2);
tuple_keys!(A: 0, B: 1, C: 2, D: 3);
tuple_keys!(A: 0, B: 1, C: 2, D: 3, E: 4);
