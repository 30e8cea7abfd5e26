//! What identifies rows.

use std::{fmt::Debug, hash::Hash};

use ulid::Ulid;

use super::Cell;
use crate::kernel::{Currency, Date, Id, Kind, Text, Timestamp};

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
