//! Ids and numbers as PostgreSQL keeps them.

use ulid::Ulid;
use uuid::Uuid;

/// A ULID as PostgreSQL keeps it.
#[must_use]
pub fn uuid(ulid: Ulid) -> Uuid {
    Uuid::from_u128(ulid.0)
}

/// A ULID that PostgreSQL kept.
#[must_use]
pub fn ulid(uuid: Uuid) -> Ulid {
    Ulid(uuid.as_u128())
}

/// A version, position or count as PostgreSQL counts.
#[must_use]
pub fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A version, position or count that PostgreSQL counted.
#[must_use]
pub fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
