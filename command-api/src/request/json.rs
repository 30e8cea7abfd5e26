//! JSON as we take it: one object, and no field twice.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// Why a body is not the JSON object it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonError {
    #[error("the body is empty, expected a JSON object such as {{}}")]
    Empty,
    #[error("the body is not JSON: {0}")]
    Malformed(String),
    #[error("the body is {0}, expected a JSON object")]
    NotAnObject(&'static str),
}

/// Reads the one object that a body is.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, JsonError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(JsonError::Empty);
    }
    let Strict(value) = serde_json::from_slice(body)
        .map_err(|error: serde_json::Error| JsonError::Malformed(error.to_string()))?;
    match value {
        Value::Object(fields) => Ok(fields),
        other => Err(JsonError::NotAnObject(kind(&other))),
    }
}

/// What a value is, in words.
pub(crate) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Writes JSON so that the order of fields makes no difference.
pub(crate) fn write_canonical(value: &Value, to: &mut Vec<u8>) {
    match value {
        Value::Object(fields) => write_object(fields, to),
        Value::Array(items) => {
            to.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    to.push(b',');
                }
                write_canonical(item, to);
            }
            to.push(b']');
        }
        // Writing to memory cannot fail.
        leaf => serde_json::to_writer(to, leaf).unwrap_or_default(),
    }
}

/// The same for the fields of an object.
pub(crate) fn write_object(fields: &Map<String, Value>, to: &mut Vec<u8>) {
    let mut sorted: Vec<(&String, &Value)> = fields.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    to.push(b'{');
    for (place, (name, value)) in sorted.into_iter().enumerate() {
        if place > 0 {
            to.push(b',');
        }
        serde_json::to_writer(&mut *to, name).unwrap_or_default();
        to.push(b':');
        write_canonical(value, to);
    }
    to.push(b'}');
}

/// A value whose objects have no field twice: which of two was meant, nobody
/// can know.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = vec![];
        while let Some(Strict(item)) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            if fields.contains_key(&name) {
                return Err(de::Error::custom(format_args!("the field {name:?} is given twice")));
            }
            let Strict(value) = access.next_value()?;
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        let mut bytes = vec![];
        write_object(&object(text.as_bytes()).unwrap(), &mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn neither_order_nor_white_space_makes_a_difference() {
        let one = canonical(r#"{"b": [1, {"y": null, "x": "é\n"}], "a": -3}"#);
        let other = canonical("{\"a\":-3,\n\"b\":[1,{\"x\":\"\\u00e9\\n\",\"y\":null}]}");
        assert_eq!(one, other);
        assert_eq!(one, r#"{"a":-3,"b":[1,{"x":"é\n","y":null}]}"#);
    }

    #[test]
    fn only_an_object_without_repetitions_is_taken() {
        let refused = |body: &str| object(body.as_bytes()).unwrap_err().to_string();
        assert_eq!(refused(" \n"), "the body is empty, expected a JSON object such as {}");
        assert_eq!(refused("[1]"), "the body is a list, expected a JSON object");
        assert_eq!(
            refused(r#"{"a":1}{"#),
            "the body is not JSON: trailing characters at line 1 column 8"
        );
        assert_eq!(
            refused(r#"{"a":{"b":1,"b":2}}"#),
            "the body is not JSON: the field \"b\" is given twice at line 1 column 15"
        );
        assert!(refused(&"[".repeat(1_000)).contains("recursion limit"));
    }
}
