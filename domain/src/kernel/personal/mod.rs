//! Personal data: marked where it is declared, so that it can be forgotten.

pub(super) mod fields;
mod wire;

use std::{
    borrow::Cow,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
};

use rmp_serde::MSGPACK_EXT_STRUCT_NAME;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
    ser::Error as _,
};
use ulid::Ulid;

pub use fields::lift_value;
pub use wire::{OPEN, Opened, Replacement, SEALED, WireError, rewrite};

/// A value about a person. It never shows in debug output, its schema carries
/// `x-personal`, and once its subject has been erased there is no value any
/// more: whoever folds it must go on without it.
///
/// It knows whose it is. A value that was read from the log keeps its subject
/// wherever it is copied, into other events, states or rows, and is forgotten
/// there too. A fresh value belongs to the aggregate whose event first holds
/// it, unless the decision says that it is [`about`](Self::about) another.
///
/// To people it is the bare value, or null once erased. In MessagePack it is
/// an extension of the type [`OPEN`], so that a store finds it without knowing
/// the event and can seal it with the subject's key.
#[derive(Clone)]
pub struct Personal<T> {
    value: Option<T>,
    subject: Option<Ulid>,
}

impl<T> Personal<T> {
    /// A value that has been forgotten.
    pub const ERASED: Self = Self { value: None, subject: None };

    /// The value, unless it was erased.
    pub const fn known(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Whether the value has been forgotten.
    pub const fn is_erased(&self) -> bool {
        self.value.is_none()
    }

    /// Whose it is; nobody's yet while it is fresh.
    pub const fn subject(&self) -> Option<Ulid> {
        self.subject
    }

    /// The same value, as that of a certain person.
    #[must_use]
    pub fn about(self, subject: impl Into<Ulid>) -> Self {
        Self { subject: Some(subject.into()), ..self }
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self { value: Some(value), subject: None }
    }
}

// The same value is the same, whosoever it is: a repeated command brings it
// afresh.
impl<T: PartialEq> PartialEq for Personal<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
impl<T: Eq> Eq for Personal<T> {}
impl<T: PartialOrd> PartialOrd for Personal<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}
impl<T: Ord> Ord for Personal<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}
impl<T: Hash> Hash for Personal<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_erased() { "[erased]" } else { "[personal]" })
    }
}

impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(value) = &self.value else { return serializer.serialize_none() };
        if serializer.is_human_readable() {
            return serializer.serialize_some(value);
        }
        let value = rmp_serde::to_vec_named(value).map_err(S::Error::custom)?;
        let body = Opened { subject: self.subject, value }.body();
        serializer.serialize_newtype_struct(MSGPACK_EXT_STRUCT_NAME, &(OPEN, Bytes(body)))
    }
}

/// Bytes that serde sees as such.
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;
        impl Visitor<'_> for Whole {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Whole)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let value = Option::<T>::deserialize(deserializer)?;
            return Ok(Self { value, subject: None });
        }
        deserializer.deserialize_any(Stored(PhantomData))
    }
}

/// Reads a stored value: the extension, nothing, or the bare value, as it
/// stands in an event that was stored before the field became personal.
struct Stored<T>(PhantomData<T>);

macro_rules! bare {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method<E: serde::de::Error>(self, value: $type) -> Result<Personal<T>, E> {
            T::deserialize(value.into_deserializer()).map(Personal::from)
        })*
    };
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Stored<T> {
    type Value = Personal<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a personal value or nothing")
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        extension: D,
    ) -> Result<Personal<T>, D::Error> {
        let (tag, Bytes(body)) = <(i8, Bytes)>::deserialize(extension)?;
        if tag == SEALED {
            return Err(D::Error::custom("the value is sealed; it is read through its keys"));
        }
        if tag != OPEN {
            return Err(D::Error::custom(format_args!("extension {tag} is no personal value")));
        }
        let Opened { subject, value } = Opened::parse(&body).map_err(D::Error::custom)?;
        // The value outlives these bytes only as an owned one.
        let value = T::deserialize(&mut rmp_serde::Deserializer::new(value.as_slice()))
            .map_err(D::Error::custom)?;
        Ok(Personal { value: Some(value), subject })
    }
    fn visit_none<E>(self) -> Result<Personal<T>, E> {
        Ok(Personal::ERASED)
    }
    fn visit_unit<E>(self) -> Result<Personal<T>, E> {
        Ok(Personal::ERASED)
    }
    fn visit_some<D: Deserializer<'de>>(self, some: D) -> Result<Personal<T>, D::Error> {
        some.deserialize_any(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Personal<T>, A::Error> {
        T::deserialize(SeqAccessDeserializer::new(list)).map(Personal::from)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Personal<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Personal::from)
    }
    bare!(
        visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str,
        visit_string: String,
    );
}

impl<T: JsonSchema> JsonSchema for Personal<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Personal{}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = generator.subschema_for::<T>();
        schema.insert("x-personal".to_owned(), true.into());
        schema
    }
}
