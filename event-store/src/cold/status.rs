//! What of a log is cold.

use chrono::{DateTime, Utc};
use ulid::Ulid;

use crate::{
    history::Session,
    pg::{failed, unsigned, uuid},
};

/// What of a tenant's log is cold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// In how many segments.
    pub segments: u64,
    /// Up to which position.
    pub until: u64,
    /// How many bytes their objects have.
    pub bytes: u64,
    /// How many bytes that is unpacked.
    pub text_bytes: u64,
    /// When the last of it was recorded.
    pub recorded_at: Option<DateTime<Utc>>,
    /// How many of these events are in the table as well, as the last of their
    /// streams.
    pub kept: u64,
}

/// Tells what of a tenant's log is cold.
///
/// # Errors
/// When the session fails.
pub async fn standing<S: Session>(session: &S, tenant: Ulid) -> Result<Standing, S::Error> {
    let rows = session.rows(include_str!("sql/standing.sql"), &[&uuid(tenant)]).await?;
    let Some(row) = rows.first() else { return Ok(Standing::default()) };
    let number = |column| row.try_get(column).map(unsigned).map_err(failed);
    let recorded_at = row.try_get(4).map_err(failed)?;
    Ok(Standing {
        segments: number(0)?,
        until: number(1)?,
        bytes: number(2)?,
        text_bytes: number(3)?,
        recorded_at,
        kept: number(5)?,
    })
}
