//! What a payload says, for people with `jq`: MessagePack as JSON, whatever
//! the types behind it are.

use std::{cell::RefCell, fmt};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor},
    ser::{self, SerializeMap, SerializeSeq},
};

/// Adds a payload to a text as JSON. Answers false, with an unfinished text,
/// when it is no MessagePack or has what JSON has not.
pub(super) fn write(payload: &[u8], text: &mut Vec<u8>) -> bool {
    let mut payload = rmp_serde::Deserializer::from_read_ref(payload);
    serde_json::to_writer(text, &Piped(RefCell::new(Some(&mut payload)))).is_ok()
}

/// Something that is read while it is written.
struct Piped<D>(RefCell<Option<D>>);

impl<'de, D: Deserializer<'de>> Serialize for Piped<D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let source = self.0.borrow_mut().take().ok_or_else(|| ser::Error::custom("read twice"))?;
        source.deserialize_any(Pipe(serializer)).map_err(ser::Error::custom)
    }
}

struct Pipe<S>(S);

macro_rules! pipe {
    ($($visit:ident($type:ty) => $serialize:ident;)*) => {
        $(fn $visit<E: de::Error>(self, value: $type) -> Result<S::Ok, E> {
            self.0.$serialize(value).map_err(E::custom)
        })*
    };
}

impl<'de, S: Serializer> Visitor<'de> for Pipe<S> {
    type Value = S::Ok;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what JSON can say")
    }

    pipe! {
        visit_bool(bool) => serialize_bool;
        visit_i64(i64) => serialize_i64;
        visit_u64(u64) => serialize_u64;
        visit_f32(f32) => serialize_f32;
        visit_f64(f64) => serialize_f64;
        visit_str(&str) => serialize_str;
    }

    fn visit_unit<E: de::Error>(self) -> Result<S::Ok, E> {
        self.0.serialize_unit().map_err(E::custom)
    }

    fn visit_none<E: de::Error>(self) -> Result<S::Ok, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<S::Ok, D::Error> {
        value.deserialize_any(self)
    }

    fn visit_bytes<E: de::Error>(self, value: &[u8]) -> Result<S::Ok, E> {
        self.visit_str(&BASE64_STANDARD.encode(value))
    }

    /// An extension type: a value that is sealed.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<S::Ok, D::Error> {
        let (_, Sealed(bytes)) = <(i8, Sealed)>::deserialize(value)?;
        let mut map = self.0.serialize_map(Some(1)).map_err(de::Error::custom)?;
        map.serialize_entry("sealed", &BASE64_STANDARD.encode(bytes))
            .and_then(|()| map.end())
            .map_err(de::Error::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<S::Ok, A::Error> {
        let mut seq = self.0.serialize_seq(items.size_hint()).map_err(de::Error::custom)?;
        while items.next_element_seed(Element(&mut seq))?.is_some() {}
        seq.end().map_err(de::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<S::Ok, A::Error> {
        let mut map = self.0.serialize_map(entries.size_hint()).map_err(de::Error::custom)?;
        while let Some(key) = entries.next_key::<String>()? {
            map.serialize_key(&key).map_err(de::Error::custom)?;
            entries.next_value_seed(Entry(&mut map))?;
        }
        map.end().map_err(de::Error::custom)
    }
}

struct Element<'a, S>(&'a mut S);

impl<'de, S: SerializeSeq> DeserializeSeed<'de> for Element<'_, S> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        self.0.serialize_element(&Piped(RefCell::new(Some(value)))).map_err(de::Error::custom)
    }
}

struct Entry<'a, S>(&'a mut S);

impl<'de, S: SerializeMap> DeserializeSeed<'de> for Entry<'_, S> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        self.0.serialize_value(&Piped(RefCell::new(Some(value)))).map_err(de::Error::custom)
    }
}

/// The bytes of an extension type.
struct Sealed(Vec<u8>);

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Sealed;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Sealed, E> {
                Ok(Sealed(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(payload: &[u8]) -> Option<String> {
        let mut text = vec![];
        write(payload, &mut text).then(|| String::from_utf8(text).unwrap())
    }

    #[test]
    fn named_message_pack_reads_as_json() {
        let value = serde_json::json!({
            "text": "ä\"\n", "number": -7, "large": u64::MAX, "none": null, "list": [true, [1.5]],
            "inner": { "a": {} }
        });
        let payload = rmp_serde::to_vec_named(&value).unwrap();
        assert_eq!(json(&payload).unwrap(), value.to_string());
    }

    #[test]
    fn a_sealed_value_shows_that_it_is() {
        // {"name": ext 83 of two bytes, "n": 1}
        let payload =
            [&[0x82, 0xa4][..], b"name", &[0xd5, 83, 1, 2], &[0xa1], b"n", &[0x01]].concat();
        assert_eq!(json(&payload).unwrap(), r#"{"name":{"sealed":"AQI="},"n":1}"#);
    }

    #[test]
    fn what_is_no_message_pack_is_left_out() {
        assert_eq!(json(&[0xc1]), None);
        assert_eq!(json(&[0x82, 0xa1]), None);
        assert_eq!(json(&[]), None);
    }
}
