//! Values on their way: from a request into a statement, and from a row into
//! an answer.
//!
//! 64-bit integers are strings in JSON, since JavaScript would round them;
//! times are RFC 3339 in UTC, dates ISO 8601, ids carry their prefix.

use std::fmt::Write;

use async_graphql::{Name, Value, indexmap::IndexMap};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use domain::kernel::{Cell, Date, Timestamp};
use tokio_postgres::Row;
use ulid::Ulid;
use uuid::Uuid;

use crate::{
    catalogue::{EnumType, FieldKind, ObjectField},
    sql::Param,
};

/// Reads a value of a request as the parameter it becomes.
///
/// # Errors
/// What was expected instead.
pub(crate) fn param(kind: &FieldKind, enums: &[EnumType], value: &Value) -> Result<Param, String> {
    let read = match kind {
        FieldKind::Bool => boolean(value).map(Param::Bool).ok_or("expected true or false"),
        FieldKind::Int => {
            integer(value).map(Param::Int).ok_or("expected a 64-bit integer like \"42\"")
        }
        FieldKind::Text => text(value)
            .filter(|text| !text.contains('\0'))
            .map(|text| Param::Text(text.to_owned()))
            .ok_or("expected a text without NUL characters"),
        FieldKind::Timestamp => timestamp(value)
            .map(Param::Timestamp)
            .ok_or("expected a time like 2026-11-20T09:30:00Z"),
        FieldKind::Date => date(value).map(Param::Date).ok_or("expected a date like 2026-11-20"),
        FieldKind::Decimal => {
            decimal(value).map(Param::Decimal).ok_or("expected a number like \"12.5\"")
        }
        FieldKind::Json | FieldKind::List(_) | FieldKind::Object(_) => {
            value.clone().into_json().map(Param::Json).map_err(|_| "expected JSON")
        }
        FieldKind::Id { prefix, .. } => {
            return id(value, prefix).map(|id| Param::Id(event_store::pg::uuid(id)));
        }
        FieldKind::Enum(index) => return word(value, enums.get(*index)).map(Param::Text),
    };
    read.map_err(|expected| format!("{expected}, got {}", brief(value)))
}

/// A whole number, written as a number or as a text.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A number with up to 40 digits, written as a number or as a text.
fn decimal(value: &Value) -> Option<String> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits =
        |it: &str| !it.is_empty() && it.len() <= 20 && it.bytes().all(|it| it.is_ascii_digit());
    (is_digits(whole) && is_digits(part)).then_some(text)
}

/// A moment between the years 1 and 9999.
pub(crate) fn timestamp(value: &Value) -> Option<DateTime<Utc>> {
    let time: Timestamp = text(value)?.parse().ok()?;
    Some(DateTime::from(time)).filter(|time: &DateTime<Utc>| (1..=9999).contains(&time.year()))
}

/// A day between the years 1 and 9999.
pub(crate) fn date(value: &Value) -> Option<NaiveDate> {
    let date: Date = text(value)?.parse().ok()?;
    NaiveDate::from_epoch_days(date.days()).filter(|date| (1..=9999).contains(&date.year()))
}

fn boolean(value: &Value) -> Option<bool> {
    if let Value::Boolean(value) = value { Some(*value) } else { None }
}

fn text(value: &Value) -> Option<&str> {
    if let Value::String(text) = value { Some(text) } else { None }
}

/// Reads an id of a request or an answer.
///
/// # Errors
/// What was expected instead.
pub(crate) fn id(value: &Value, prefix: &str) -> Result<Ulid, String> {
    text(value)
        .and_then(|text| text.strip_prefix(prefix)?.strip_prefix('_'))
        .and_then(|ulid| Ulid::from_string(ulid).ok())
        .ok_or_else(|| {
            format!("expected an id like {prefix}_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B, got {}", brief(value))
        })
}

fn word(value: &Value, of: Option<&EnumType>) -> Result<String, String> {
    let name = match value {
        Value::Enum(name) => name.as_str(),
        Value::String(name) => name,
        _ => "",
    };
    of.and_then(|of| of.word(name)).map(str::to_owned).ok_or_else(|| {
        let values = of.map(|of| of.values.join(", ")).unwrap_or_default();
        format!("expected one of {values}, got {}", brief(value))
    })
}

/// A value as an error message quotes it.
pub(crate) fn brief(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 64 {
        return text;
    }
    text.chars().take(64).chain(['…']).collect()
}

/// Reads a column of a row as its field shows it.
///
/// # Errors
/// When the column does not hold what the catalogue says.
pub(crate) fn column(
    row: &Row,
    at: usize,
    kind: &FieldKind,
    enums: &[EnumType],
) -> Result<Value, tokio_postgres::Error> {
    fn shown<T>(cell: Option<T>, show: impl FnOnce(T) -> Value) -> Value {
        cell.map_or(Value::Null, show)
    }
    Ok(match kind {
        FieldKind::Bool => shown(row.try_get(at)?, Value::Boolean),
        FieldKind::Int => shown(row.try_get(at)?, show_integer),
        FieldKind::Text | FieldKind::Decimal => shown(row.try_get(at)?, Value::String),
        FieldKind::Enum(index) => {
            shown(row.try_get(at)?, |word: &str| show_word(word, enums.get(*index)))
        }
        FieldKind::Id { prefix, .. } => {
            shown(row.try_get(at)?, |id: Uuid| show_id(Ulid(id.as_u128()), prefix))
        }
        FieldKind::Timestamp => shown(row.try_get(at)?, |time: DateTime<Utc>| {
            Value::String(Timestamp::from(time).to_string())
        }),
        FieldKind::Date => {
            shown(row.try_get(at)?, |date: NaiveDate| Value::String(date.to_string()))
        }
        FieldKind::Json | FieldKind::List(_) | FieldKind::Object(_) => {
            shown(row.try_get(at)?, |value| show_nested(value, kind, enums))
        }
    })
}

/// A cell that was folded, not read, as its field shows it.
pub(crate) fn cell(cell: Cell, kind: &FieldKind, enums: &[EnumType]) -> Value {
    match (cell, kind) {
        // Whoever may show what is personal makes it plain first.
        (Cell::Null | Cell::Personal(_), _) => Value::Null,
        (Cell::Bool(value), _) => Value::Boolean(value),
        (Cell::Int(value), _) => show_integer(value),
        (Cell::Text(word), FieldKind::Enum(index)) => show_word(&word, enums.get(*index)),
        (Cell::Text(text), _) => Value::String(text),
        (Cell::Id(id), FieldKind::Id { prefix, .. }) => show_id(id, prefix),
        (Cell::Id(id), _) => Value::String(id.to_string()),
        (Cell::Timestamp(time), _) => Value::String(time.to_string()),
        (Cell::Date(date), _) => Value::String(date.to_string()),
        (Cell::Json(value), _) => show_nested(value, kind, enums),
        (Cell::JsonText(text), _) => {
            show_nested(serde_json::from_str(&text).unwrap_or_default(), kind, enums)
        }
    }
}

/// The cell of a key column that a parameter stands for.
pub(crate) fn key_cell(param: &Param) -> Option<Cell> {
    Some(match param {
        Param::Bool(value) => Cell::Bool(*value),
        Param::Int(value) => Cell::Int(*value),
        Param::Text(value) => Cell::Text(value.clone()),
        Param::Id(id) => Cell::Id(Ulid(id.as_u128())),
        Param::Timestamp(time) => Cell::Timestamp(Timestamp::from(*time)),
        Param::Date(date) => Cell::Date(Date::from_days(date.to_epoch_days())?),
        _ => return None,
    })
}

pub(crate) fn show_integer(value: i64) -> Value {
    Value::String(value.to_string())
}

fn show_id(id: Ulid, prefix: &str) -> Value {
    Value::String(id_text(id, prefix))
}

/// An id as clients and nested values have it.
pub(crate) fn id_text(id: Ulid, prefix: &str) -> String {
    let mut text = String::with_capacity(prefix.len() + 1 + ulid::ULID_LEN);
    // Writing to a String cannot fail.
    let _ = write!(text, "{prefix}_{id}");
    text
}

/// A word that the program does not know, of a table that a newer one wrote,
/// is shown as nothing: GraphQL has no way to say it.
fn show_word(word: &str, of: Option<&EnumType>) -> Value {
    of.and_then(|of| of.value(word)).map_or(Value::Null, |value| Value::Enum(Name::new(value)))
}

/// What is nested in a row, as the types of its fields show it. In JSON it
/// stands as serde writes it: ids, times and words as text.
fn show_nested(value: serde_json::Value, kind: &FieldKind, enums: &[EnumType]) -> Value {
    use serde_json::Value as Json;
    match (kind, value) {
        (FieldKind::List(item), Json::Array(elements)) => {
            let show = |element| show_nested(element, &item.kind, enums);
            Value::List(elements.into_iter().map(show).collect())
        }
        (FieldKind::Object(object), Json::Object(mut values)) => {
            let show = |field: &ObjectField| {
                let value = values.remove(&field.key).unwrap_or_default();
                (Name::new(&field.name), show_nested(value, &field.kind, enums))
            };
            Value::Object(object.fields.iter().map(show).collect::<IndexMap<_, _>>())
        }
        (FieldKind::Int, Json::Number(number)) => Value::String(number.to_string()),
        (FieldKind::Enum(index), Json::String(word)) => show_word(&word, enums.get(*index)),
        (_, value) => Value::from_json(value).unwrap_or_default(),
    }
}
