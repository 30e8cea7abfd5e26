//! A stretch of one tenant's log, read and decoded once for all read models.

use chrono::{DateTime, Utc};
use deadpool_postgres::ClientWrapper;
use domain::kernel::{AnyRecorded, Registry};
use tokio_postgres::Row;
use ulid::Ulid;

use crate::{
    StepError,
    session::{number, read_as, unsigned},
};

/// Where a stretch of a log lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stretch {
    pub(crate) tenant: Ulid,
    /// It begins after this position.
    pub(crate) after: u64,
    /// It ends with this one.
    pub(crate) until: u64,
}

/// The events of a stretch that any read model folds.
pub(crate) struct Batch {
    pub(crate) events: Vec<Taken>,
    /// When its last event was written down.
    pub(crate) written_at: Option<DateTime<Utc>>,
}

/// An event as it came out of the log.
pub(crate) enum Taken {
    /// As it was declared.
    Known(AnyRecorded),
    /// One that this program cannot read.
    Broken { stream_type: String, position: u64, error: String },
}

impl Taken {
    pub(crate) fn stream_type(&self) -> &str {
        match self {
            Self::Known(event) => &event.envelope().stream_type,
            Self::Broken { stream_type, .. } => stream_type,
        }
    }

    pub(crate) fn position(&self) -> u64 {
        match self {
            Self::Known(event) => event.envelope().position,
            Self::Broken { position, .. } => *position,
        }
    }

    /// Reads an event back.
    pub(crate) fn from_row(registry: &Registry, row: &Row) -> Result<Self, tokio_postgres::Error> {
        let known = event_store::pg::stored_event(row)
            .map_err(|error| error.to_string())
            .and_then(|stored| {
                event_store::decode(registry, stored).map_err(|error| error.to_string())
            });
        Ok(match known {
            Ok(event) => Self::Known(event),
            Err(error) => Self::Broken {
                stream_type: row.try_get(4)?,
                position: unsigned(row.try_get(1)?),
                error,
            },
        })
    }
}

/// Reads a stretch, leaving out what nobody folds.
pub(crate) async fn read(
    client: &ClientWrapper,
    registry: &Registry,
    stretch: Stretch,
    wanted: impl Fn(&str) -> bool,
) -> Result<Batch, StepError> {
    let Stretch { tenant, after, until } = stretch;
    let uuid = event_store::pg::uuid(tenant);
    let sql = include_str!("sql/events.sql");
    let rows = read_as(client, tenant, sql, &[&uuid, &number(after), &number(until)]).await?;
    // INVARIANT: a log has no gaps. If fewer events are seen than there are,
    // moving the checkpoint would skip the others for ever.
    if rows.len() as u64 != until - after {
        return Err(StepError::Gap { tenant, after, until, found: rows.len() });
    }
    let mut events = vec![];
    for row in &rows {
        if wanted(row.try_get(4)?) {
            events.push(Taken::from_row(registry, row)?);
        }
    }
    let written_at = rows.last().map(|row| row.try_get(10)).transpose()?;
    Ok(Batch { events, written_at })
}
