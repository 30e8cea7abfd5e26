//! Rows as cells: the form in which a row of any type meets a database.

mod key;
mod read;
mod write;

use serde::{Serializer, de::DeserializeOwned};
use serde_json::Value;
use ulid::Ulid;

use super::{ColumnKind, Date, Timestamp, personal::Opened};
use write::ToCell;

pub use key::{KeyPart, RowKey};
pub(super) use read::from_cells;
pub(super) use write::to_cells;

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

fn unfit<T>(what: &str) -> Result<T, CellError> {
    Err(CellError(format!("{what} does not fit the column")))
}
