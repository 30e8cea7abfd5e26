//! Which row, and as of when.

use async_graphql::{Value, dynamic::ObjectAccessor};
use chrono::{DateTime, Utc};

use super::{given, object};
use crate::{
    catalogue::{Catalogue, Model},
    problem::Problem,
    sql::Param,
    value,
};

/// A moment in a tenant's log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Moment {
    /// After the event of this position.
    Position(u64),
    /// After all that was recorded up to then.
    Time(DateTime<Utc>),
}

/// Reads the arguments that identify a row.
///
/// # Errors
/// Which of them cannot be meant.
pub(crate) fn key(
    catalogue: &Catalogue,
    model: &Model,
    arguments: &ObjectAccessor<'_>,
) -> Result<Vec<Param>, Problem> {
    model
        .key_fields()
        .map(|field| {
            let value = given(arguments, &field.name).unwrap_or(&Value::Null);
            value::param(&field.kind, &catalogue.enums, value)
                .map_err(|reason| Problem::invalid(format!("{}: {reason}", field.name)))
        })
        .collect()
}

/// Reads the argument `asOf`.
///
/// # Errors
/// When it is not one moment.
pub(crate) fn moment(arguments: &ObjectAccessor<'_>) -> Result<Option<Moment>, Problem> {
    let Some(value) = given(arguments, "asOf") else { return Ok(None) };
    let fields = object(value, "asOf")?;
    if let Some(time) = fields.get("time") {
        return match value::timestamp(time) {
            Some(time) => Ok(Some(Moment::Time(time))),
            None => Err(Problem::invalid(format!(
                "asOf.time: expected a time like 2026-11-20T09:30:00Z, got {}",
                value::brief(time)
            ))),
        };
    }
    let position = fields.get("position").unwrap_or(&Value::Null);
    read_position(position, "asOf.position").map(|position| Some(Moment::Position(position)))
}

/// Reads an argument that is a position in the log.
///
/// # Errors
/// When it is none.
pub(crate) fn position(arguments: &ObjectAccessor<'_>, name: &str) -> Result<Option<u64>, Problem> {
    given(arguments, name).map(|value| read_position(value, name)).transpose()
}

fn read_position(value: &Value, path: &str) -> Result<u64, Problem> {
    value::integer(value).and_then(|position| u64::try_from(position).ok()).ok_or_else(|| {
        let got = value::brief(value);
        Problem::invalid(format!("{path}: expected a position from 0, got {got}"))
    })
}
