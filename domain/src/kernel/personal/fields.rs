//! The fields of a stored event as JSON, for whoever lifts them to a later
//! shape, with personal values that still know whose they are.

use std::fmt;

use rmp_serde::{MSGPACK_EXT_STRUCT_NAME, decode, encode};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Error as _, MapAccess, SeqAccess, Visitor},
    ser::Error as _,
};
use serde_json::{Map, Value, json};
use ulid::Ulid;

use super::{Bytes, OPEN, Opened};

/// Under which a personal value stands among fields that are lifted:
/// `{"$personal": {"subject": …, "value": …}}`.
const PERSONAL: &str = "$personal";

/// Changes the value of a field that is being lifted, personal or not.
pub fn lift_value(field: &mut Value, lift: impl FnOnce(&mut Value)) {
    if let Some(value) = field.pointer_mut("/$personal/value") {
        return lift(value);
    }
    lift(field);
}

/// Reads the fields of an event.
pub(in crate::kernel) fn read(payload: &[u8]) -> Result<Map<String, Value>, decode::Error> {
    match rmp_serde::from_slice(payload)? {
        Stored(Value::Object(fields)) => Ok(fields),
        Stored(_) => Err(decode::Error::custom("the fields are not a map")),
    }
}

/// Writes the fields of an event.
pub(in crate::kernel) fn write(fields: &Map<String, Value>) -> Result<Vec<u8>, encode::Error> {
    rmp_serde::to_vec_named(&Fields(fields))
}

struct Fields<'a>(&'a Map<String, Value>);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, field)| (name, Lifted(field))))
    }
}

struct Lifted<'a>(&'a Value);

impl Serialize for Lifted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(fields) => match fields.get(PERSONAL) {
                Some(personal) => owned(personal, serializer),
                None => Fields(fields).serialize(serializer),
            },
            Value::Array(items) => serializer.collect_seq(items.iter().map(Lifted)),
            plain => plain.serialize(serializer),
        }
    }
}

fn owned<S: Serializer>(personal: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    let subject = personal.get("subject").and_then(Value::as_str);
    let subject = subject.and_then(|text| Ulid::from_string(text).ok());
    let value = match personal.get("value") {
        None | Some(Value::Null) => return serializer.serialize_none(),
        Some(value) => rmp_serde::to_vec_named(value).map_err(S::Error::custom)?,
    };
    let body = Opened { subject, value }.body();
    serializer.serialize_newtype_struct(MSGPACK_EXT_STRUCT_NAME, &(OPEN, Bytes(body)))
}

/// A value as it is stored.
struct Stored(Value);

impl<'de> Deserialize<'de> for Stored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything).map(Stored)
    }
}

struct Anything;

macro_rules! plain {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method<E>(self, value: $type) -> Result<Value, E> { Ok(value.into()) })*
    };
}

impl<'de> Visitor<'de> for Anything {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fields of an event")
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, extension: D) -> Result<Value, D::Error> {
        let (tag, Bytes(body)) = <(i8, Bytes)>::deserialize(extension)?;
        if tag != OPEN {
            return Err(D::Error::custom(format_args!("extension {tag} is no personal value")));
        }
        let Opened { subject, value } = Opened::parse(&body).map_err(D::Error::custom)?;
        let Stored(value) = rmp_serde::from_slice(&value).map_err(D::Error::custom)?;
        let subject = subject.map(|subject| subject.to_string());
        Ok(json!({ PERSONAL: { "subject": subject, "value": value } }))
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, some: D) -> Result<Value, D::Error> {
        some.deserialize_any(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = vec![];
        while let Some(Stored(item)) = list.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some((name, Stored(field))) = map.next_entry()? {
            fields.insert(name, field);
        }
        Ok(Value::Object(fields))
    }
    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(bytes.to_vec().into())
    }
    plain!(
        visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str,
        visit_string: String,
    );
}
