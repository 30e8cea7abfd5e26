//! Rows of the log as what they stand for.

use chrono::{DateTime, Utc};
use domain::kernel::{Actor, ActorKind, Timestamp};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use ulid::Ulid;
use uuid::Uuid;

use super::{ulid, unsigned};
use crate::{Appended, CommandRecord, ReadError};

/// Circumstances of a command that nobody searches for.
#[derive(Serialize, Deserialize, Default, PartialEq)]
#[serde(default)]
struct Metadata {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    impersonator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// What of a command goes into the metadata column; nothing when there is
/// nothing to say.
pub(super) fn metadata(command: &CommandRecord) -> Option<Vec<u8>> {
    let metadata = Metadata {
        roles: command.actor.roles.clone(),
        impersonator: command.actor.impersonator.clone(),
        reason: command.reason.clone(),
    };
    if metadata == Metadata::default() {
        return None;
    }
    rmp_serde::to_vec_named(&metadata).ok()
}

/// Reads a row of `outcome.sql`.
pub(super) fn outcome(row: &Row) -> Result<([u8; 32], Ulid, Appended), ReadError> {
    let fault = |error: tokio_postgres::Error| ReadError::Fault(error.to_string());
    let hash: &[u8] = row.try_get(0).map_err(fault)?;
    let hash = hash.try_into().map_err(|_| ReadError::Fault("a hash of wrong length".into()))?;
    let appended = Appended {
        version: unsigned(row.try_get(2).map_err(fault)?),
        first_position: unsigned(row.try_get(3).map_err(fault)?),
        last_position: unsigned(row.try_get(4).map_err(fault)?),
        recorded_at: time(row, 5).map_err(fault)?,
        duplicate: true,
    };
    Ok((hash, id(row, 1).map_err(fault)?, appended))
}

pub(super) fn time(row: &Row, column: usize) -> Result<Timestamp, tokio_postgres::Error> {
    row.try_get::<_, DateTime<Utc>>(column).map(Timestamp::from)
}

fn id(row: &Row, column: usize) -> Result<Ulid, tokio_postgres::Error> {
    row.try_get::<_, Uuid>(column).map(ulid)
}

/// Who asked and why, from the columns `actor` and `metadata`.
///
/// # Errors
/// When the metadata cannot be read.
pub(crate) fn actor_and_reason(
    actor: &str,
    metadata: Option<&[u8]>,
) -> Result<(Actor, Option<String>), ReadError> {
    let metadata: Metadata = metadata
        .map(rmp_serde::from_slice)
        .transpose()
        .map_err(|error| ReadError::Fault(format!("metadata of an event: {error}")))?
        .unwrap_or_default();
    let (kind, id) = actor.split_once(':').unwrap_or(("system", actor));
    let kind = match kind {
        "user" => ActorKind::User,
        "api_key" => ActorKind::ApiKey,
        _ => ActorKind::System,
    };
    let Metadata { roles, impersonator, reason } = metadata;
    Ok((Actor { kind, id: id.to_owned(), roles, impersonator }, reason))
}
