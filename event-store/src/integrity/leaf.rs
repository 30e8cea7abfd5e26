//! What is hashed of an event: every stored column but the tenant.
//!
//! A leaf is the byte 1, the version of this encoding, and then each column in
//! turn: four bytes with its length, and its value as PostgreSQL sends it.
//! A null has the length 0xffffffff and no value. Taking PostgreSQL's own form
//! means that any value a column can hold has one, and that a leaf can be made
//! in SQL alone.

use std::ops::Range;

use serde_json::{Map, Value, json};
use tokio_postgres::{
    Row,
    types::{FromSql, Type},
};
use uuid::Uuid;

use super::{Hash, leaf_hash};

/// The version of this encoding.
const VERSION: u8 = 1;
/// The length of a null.
const NULL: u32 = u32::MAX;
/// Where the position stands: behind version and length.
const POSITION: Range<usize> = 5..13;
/// Where the stream stands: behind that and another length.
const STREAM: Range<usize> = 17..33;
/// From 1970 to 2000, where PostgreSQL begins to count, in microseconds.
const EPOCH: i64 = 946_684_800_000_000;

/// The stream of an event, as far as these bytes are a leaf.
pub(crate) fn stream(leaf: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(leaf.get(STREAM)?).ok()
}

/// How a column's value is to be read.
#[derive(Clone, Copy)]
enum Form {
    Integer,
    Id,
    Text,
    Time,
    Bytes,
}

/// The columns of `log.events` that a leaf is made of, in their order.
pub const COLUMNS: [&str; 17] = [
    "position",
    "stream_id",
    "version",
    "stream_type",
    "type",
    "schema_version",
    "codec",
    "event_id",
    "occurred_at",
    "recorded_at",
    "actor",
    "command_id",
    "correlation_id",
    "causation_id",
    "trace_parent",
    "metadata",
    "payload",
];

/// How the values of these columns are to be read.
const FORMS: [Form; 17] = [
    Form::Integer,
    Form::Id,
    Form::Integer,
    Form::Text,
    Form::Text,
    Form::Integer,
    Form::Integer,
    Form::Id,
    Form::Time,
    Form::Time,
    Form::Text,
    Form::Id,
    Form::Id,
    Form::Id,
    Form::Text,
    Form::Bytes,
    Form::Bytes,
];

/// A leaf's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf(pub Vec<u8>);

/// Bytes that are no leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no event: {0}")]
pub struct LeafError(&'static str);

/// A value as PostgreSQL sent it, of whatever type.
struct Sent<'a>(Option<&'a [u8]>);

impl<'a> FromSql<'a> for Sent<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Some(raw)))
    }
    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(None))
    }
    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Writes the leaf of a row of [`EVENT_COLUMNS`](crate::history::EVENT_COLUMNS),
/// which are the tenant and then [`COLUMNS`], behind what is there already.
pub(super) fn write(row: &Row, into: &mut Vec<u8>) -> Result<(), tokio_postgres::Error> {
    into.push(VERSION);
    for column in 1..=COLUMNS.len() {
        add(row.try_get::<_, Sent<'_>>(column)?.0, into);
    }
    Ok(())
}

fn add(value: Option<&[u8]>, into: &mut Vec<u8>) {
    match value {
        Some(value) => {
            // PostgreSQL has no values of four gigabytes.
            into.extend(u32::try_from(value.len()).unwrap_or(NULL).to_be_bytes());
            into.extend(value);
        }
        None => into.extend(NULL.to_be_bytes()),
    }
}

/// A time as PostgreSQL sends it, from its microseconds since 1970.
pub(crate) fn time_sent(micros: i64) -> [u8; 8] {
    micros.saturating_sub(EPOCH).to_be_bytes()
}

/// The hash a leaf would have if its row stood at another position.
pub(super) fn hash_at_position(leaf: &[u8], position: i64) -> Hash {
    let mut moved = leaf.to_vec();
    if let Some(place) = moved.get_mut(POSITION) {
        place.copy_from_slice(&position.to_be_bytes());
    }
    leaf_hash(&moved)
}

impl Leaf {
    /// Reads a row of [`EVENT_COLUMNS`](crate::history::EVENT_COLUMNS).
    pub(crate) fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let mut bytes = vec![];
        write(row, &mut bytes)?;
        Ok(Self(bytes))
    }

    /// Makes it of the values of [`COLUMNS`], each as PostgreSQL sends it.
    pub(crate) fn of_values(values: &[Option<&[u8]>; 17]) -> Self {
        let mut bytes = vec![VERSION];
        for value in values {
            add(*value, &mut bytes);
        }
        Self(bytes)
    }

    /// Its hash in the tree.
    #[must_use]
    pub fn hash(&self) -> Hash {
        leaf_hash(&self.0)
    }

    /// The values in it, by column.
    fn values(&self) -> Result<[Option<&[u8]>; 17], LeafError> {
        Ok(places(&self.0)?.map(|place| self.0.get(place?)))
    }

    /// The position it is for.
    ///
    /// # Errors
    /// When the bytes are no leaf.
    pub fn position(&self) -> Result<i64, LeafError> {
        let position = self.values()?.first().copied().flatten().and_then(integer);
        position.ok_or(LeafError("the position is no number"))
    }

    /// The event in a form for people and for other programs: numbers, texts,
    /// ids and times as one would expect, bytes in base64.
    ///
    /// # Errors
    /// When the bytes are no leaf.
    pub fn fields(&self) -> Result<Map<String, Value>, LeafError> {
        let fields = COLUMNS.iter().zip(FORMS).zip(self.values()?).map(|((name, form), value)| {
            let value = value.map_or(Some(Value::Null), |value| show(form, value));
            let value = value.ok_or(LeafError("a value is not of its column's type"))?;
            Ok(((*name).to_owned(), value))
        });
        fields.collect()
    }
}

/// Where the value of each of [`COLUMNS`] lies in a leaf; nothing for a null.
pub(crate) type Places = [Option<Range<usize>>; 17];

/// Finds the values in a leaf.
pub(crate) fn places(leaf: &[u8]) -> Result<Places, LeafError> {
    let version = leaf.first().ok_or(LeafError("there are none"))?;
    if *version != VERSION {
        return Err(LeafError("the first is not 1, the only version known"));
    }
    let (mut places, mut at) = (Places::default(), 1);
    for place in &mut places {
        let length = leaf.get(at..).and_then(<[u8]>::first_chunk);
        let length = u32::from_be_bytes(*length.ok_or(LeafError("they end early"))?);
        at += 4;
        if length == NULL {
            continue;
        }
        let end = at.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
        if end > leaf.len() {
            return Err(LeafError("a value ends early"));
        }
        *place = Some(at..end);
        at = end;
    }
    if at == leaf.len() { Ok(places) } else { Err(LeafError("there are too many")) }
}

fn integer(bytes: &[u8]) -> Option<i64> {
    match bytes.len() {
        2 => Some(i16::from_be_bytes(bytes.try_into().ok()?).into()),
        8 => Some(i64::from_be_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

fn show(form: Form, value: &[u8]) -> Option<Value> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    Some(match form {
        Form::Integer => json!(integer(value)?),
        Form::Id => json!(Uuid::from_slice(value).ok()?.to_string()),
        Form::Text => json!(std::str::from_utf8(value).ok()?),
        Form::Time => json!(time(integer(value)?)),
        Form::Bytes => json!(STANDARD.encode(value)),
    })
}

/// A time as PostgreSQL counts it, in words that say all of it.
fn time(micros: i64) -> String {
    let time = micros.checked_add(EPOCH).and_then(chrono::DateTime::from_timestamp_micros);
    match (micros, time) {
        (i64::MAX, _) => "infinity".to_owned(),
        (i64::MIN, _) => "-infinity".to_owned(),
        (_, Some(time)) => time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        (_, None) => format!("{micros} µs from 2000-01-01T00:00:00Z"),
    }
}
