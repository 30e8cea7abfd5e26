//! Personal data: marked where it is declared, so that it can be forgotten.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value about a person. It never shows in debug output, its schema carries
/// `x-personal`, and once its subject has been erased it reads as
/// [`Personal::Erased`]: whoever folds it must go on without it.
///
/// On the wire it is the bare value, or null once erased. It is written as a
/// serde newtype named [`Personal::<()>::MARKER`], the seam at which a store
/// seals what it writes with the data subject's key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Personal<T> {
    /// The value.
    Known(T),
    /// The value has been forgotten.
    Erased,
}

impl<T> Personal<T> {
    /// The name of the newtype under which serde sees a personal value.
    pub const MARKER: &'static str = "$tenantry::personal";

    /// The value, unless it was erased.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Erased => None,
        }
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known(_) => "[personal]",
            Self::Erased => "[erased]",
        })
    }
}

impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(Self::MARKER, &self.known())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Erased, Self::Known))
    }
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
