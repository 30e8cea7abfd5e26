//! What the database knows of a segment.

use tokio_postgres::Row;

use crate::pg::unsigned;

/// A row of `log.segments`, without the streams.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The position of its first event.
    pub(crate) first: u64,
    /// The position of its last.
    pub(crate) last: u64,
    /// The object, by its name in the place.
    pub(crate) object: String,
    /// The SHA-256 of the object.
    pub(super) sha256: Vec<u8>,
    /// How long the object is.
    pub(super) bytes: u64,
    /// How long it is once it is unpacked.
    pub(super) text_bytes: u64,
}

/// The segments of a tenant with events between two positions, oldest first.
/// $1 tenant, $2 after this position, $3 up to this one, $4 at most so many
pub(crate) const CATALOGUE: &str = include_str!("sql/segments.sql");

impl Entry {
    /// Reads a row of [`CATALOGUE`].
    pub(crate) fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            first: unsigned(row.try_get(0)?),
            last: unsigned(row.try_get(1)?),
            object: row.try_get(2)?,
            sha256: row.try_get(3)?,
            bytes: unsigned(row.try_get(4)?),
            text_bytes: unsigned(row.try_get(5)?),
        })
    }
}
