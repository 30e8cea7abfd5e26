//! Typed identifiers: a ULID that knows what it identifies.

use std::{cmp::Ordering, fmt, hash::Hash, marker::PhantomData, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use super::Kind;

/// The identifier of one `K`, written `prefix_ULID`, for example
/// `inv_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B`.
pub struct Id<K: Kind> {
    ulid: Ulid,
    kind: PhantomData<fn() -> K>,
}

/// Why a text is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id like {prefix}_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B, got {got:?}")]
pub struct IdError {
    prefix: &'static str,
    got: String,
}

impl<K: Kind> Id<K> {
    /// Gives a ULID its meaning.
    #[must_use]
    pub const fn new(ulid: Ulid) -> Self {
        Self { ulid, kind: PhantomData }
    }

    /// Derives the one identifier that belongs to a natural key, so that
    /// creating the same thing twice meets itself.
    #[must_use]
    pub fn derived(key: &[&str]) -> Self {
        Self::new(derived_ulid(K::TYPE, key))
    }

    /// The bare ULID.
    #[must_use]
    pub const fn ulid(self) -> Ulid {
        self.ulid
    }
}

/// Hashes a name space and the parts of a key into 128 bits. Each part is
/// preceded by its length, so that no two different keys share their bytes.
pub(super) fn derived_ulid(space: &str, key: &[&str]) -> Ulid {
    let mut hash = Sha256::new();
    for part in std::iter::once(&space).chain(key) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(digest.split_at(16).0);
    Ulid::from_bytes(bytes)
}

impl<K: Kind> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K: Kind> Copy for Id<K> {}
impl<K: Kind> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.ulid == other.ulid
    }
}
impl<K: Kind> Eq for Id<K> {}
impl<K: Kind> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K: Kind> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ulid.cmp(&other.ulid)
    }
}
impl<K: Kind> Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.ulid.hash(state);
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; ulid::ULID_LEN];
        write!(f, "{}_{}", K::PREFIX, self.ulid.array_to_str(&mut text))
    }
}
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        text.strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .and_then(|rest| Ulid::from_string(rest).ok())
            .map(Self::new)
            .ok_or_else(|| IdError { prefix: K::PREFIX, got: text.chars().take(64).collect() })
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<K>(PhantomData<fn() -> K>);
        impl<K: Kind> de::Visitor<'_> for Text<K> {
            type Value = Id<K>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an id like {}_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B", K::PREFIX)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Id<K>, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text(PhantomData))
    }
}

impl<K: Kind> JsonSchema for Id<K> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}Id", super::schema::pascal_case(K::TYPE)).into()
    }
    fn schema_id() -> std::borrow::Cow<'static, str> {
        format!("tenantry::Id<{}>", K::TYPE).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": format!("^{}_[0-7][0-9A-HJKMNP-TV-Z]{{25}}$", K::PREFIX),
            "x-id": K::TYPE,
            "x-prefix": K::PREFIX,
        })
    }
}
