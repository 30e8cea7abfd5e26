//! A row, put together.

use serde::{
    Deserializer,
    de::{DeserializeOwned, DeserializeSeed, IntoDeserializer, SeqAccess, Visitor},
    forward_to_deserialize_any,
};

use super::{Cell, CellError, id_text, unfit};
use crate::kernel::{Column, ColumnKind};

/// Puts a row together from the cells of its columns.
///
/// # Errors
/// When a cell does not fit its field.
pub(in crate::kernel) fn from_cells<R: DeserializeOwned>(
    cells: Vec<Cell>,
    columns: &[Column],
) -> Result<R, CellError> {
    R::deserialize(FromRow(cells.into_iter().zip(columns)))
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
