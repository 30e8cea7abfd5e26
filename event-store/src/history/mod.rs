//! What happened, read back: the one way to the events of a log.
//!
//! Whoever reads events asks a [`History`] for them: a [`Stretch`] of a
//! tenant's log, a [`Part`] of one stream, or single positions. It answers with
//! [`RawEvent`]s, which nobody has looked into yet, wherever they lie: in the
//! table, or in [cold storage](crate::cold). No other crate names the table.
//!
//! Events may move while they are read. Positions and versions have no gaps, so
//! a reader of all events of a stretch, or of a stream, sees for himself
//! whether something is missing in the table, and only then asks what is cold.
//! Whoever reads events of some types cannot see that; he asks for both at the
//! same moment.

mod cold;
mod moment;
mod raw;
mod session;

use std::sync::Arc;

use tokio_postgres::Row;
use ulid::Ulid;

pub(crate) use cold::entries;
pub(crate) use raw::Column;
pub use raw::{EVENT_COLUMNS, RawEvent};
pub use session::{Session, Within};

use crate::{
    ReadError, TenantId,
    cold::Cold,
    pg::{number, unsigned, uuid},
};

/// Positions that are asked for at once.
const POSITIONS: usize = 1_000;
/// How often is looked again for what was moving between two looks.
const LOOKS: usize = 8;

/// A stretch of a tenant's log.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a> {
    /// Whose log.
    pub tenant: Ulid,
    /// It begins after this position.
    pub after: u64,
    /// It ends with this one, or with the log where that is [`u64::MAX`].
    pub until: u64,
    /// Only events of aggregates of these types; all where there are none. The
    /// session then sees one moment.
    pub types: Option<&'a [&'a str]>,
    /// At most so many events.
    pub limit: u64,
}

impl Stretch<'_> {
    /// All events between two positions, the later included.
    #[must_use]
    pub fn between(tenant: Ulid, after: u64, until: u64) -> Self {
        Self { tenant, after, until, types: None, limit: until.saturating_sub(after) }
    }
}

/// A part of one stream.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Whose log.
    pub tenant: Ulid,
    /// Which stream.
    pub stream: Ulid,
    /// It begins after this version.
    pub after: u64,
    /// It ends with the last event up to this position of the log.
    pub until: u64,
    /// At most so many events.
    pub limit: u64,
}

/// Reads events of logs.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Where cold events are read from; nothing where no place is known.
    cold: Option<Arc<Cold>>,
}

impl History {
    /// Reads cold events from their place. Without one, as by default, a log
    /// of which something is cold cannot be read back to there.
    #[must_use]
    pub fn with_cold(cold: Arc<Cold>) -> Self {
        Self { cold: Some(cold) }
    }

    /// The events of a stretch, oldest first.
    ///
    /// # Errors
    /// When the session's query fails, or cold events cannot be had.
    pub async fn stretch<S: Session>(
        &self,
        session: &S,
        stretch: Stretch<'_>,
    ) -> Result<Vec<RawEvent>, S::Error> {
        let mut looks = 0;
        loop {
            looks += 1;
            let (events, cold) = if let Some(types) = stretch.types {
                let (rows, cold) = self.of_types(session, stretch, types).await?;
                (raw(rows), cold)
            } else {
                let events = self.of_all_types(session, stretch).await?;
                if is_whole(&events, stretch)? {
                    return Ok(events);
                }
                (events, session.cold(stretch.tenant).await?)
            };
            if cold > stretch.after {
                // Rare and large: not to be carried along by whoever asks.
                let both = Box::pin(self.both(session, stretch, events, cold)).await?;
                if let Some(events) = both
                    && (stretch.types.is_some() || looks >= LOOKS || is_whole(&events, stretch)?)
                {
                    return Ok(events);
                }
                if looks >= LOOKS {
                    return Err(restless(stretch.tenant).into());
                }
            } else if stretch.types.is_some() || looks >= LOOKS {
                // What is not there now is not there at all.
                return Ok(events);
            }
        }
    }

    async fn of_all_types<S: Session>(
        &self,
        session: &S,
        stretch: Stretch<'_>,
    ) -> Result<Vec<RawEvent>, S::Error> {
        let Stretch { tenant, after, until, limit, .. } = stretch;
        let (tenant, after) = (uuid(tenant), number(after));
        let (until, most) = (number(until), number(limit));
        let sql = include_str!("sql/stretch.sql");
        session.rows(sql, &[&tenant, &after, &until, &most]).await.map(raw)
    }

    async fn of_types<S: Session>(
        &self,
        session: &S,
        stretch: Stretch<'_>,
        types: &[&str],
    ) -> Result<(Vec<Row>, u64), S::Error> {
        let Stretch { tenant, after, until, limit, .. } = stretch;
        let (after, until, most) = (number(after), number(until), number(limit));
        let sql = include_str!("sql/stretch_of_types.sql");
        let params = (uuid(tenant), types);
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&params.0, &after, &until, &params.1, &most];
        session.rows_and_cold(tenant, sql, &params).await
    }

    /// The events of a part of a stream, oldest first.
    ///
    /// # Errors
    /// When the session's query fails, or cold events cannot be had.
    pub async fn stream<S: Session>(
        &self,
        session: &S,
        part: Part,
    ) -> Result<Vec<RawEvent>, S::Error> {
        let Part { tenant, stream, after, until, limit } = part;
        let (from, to, most) = (number(after), number(until), number(limit));
        let params = (uuid(tenant), uuid(stream));
        let mut looks = 0;
        loop {
            looks += 1;
            let sql = include_str!("sql/stream.sql");
            let rows = session.rows(sql, &[&params.0, &params.1, &from, &to, &most]).await?;
            let mut events = raw(rows);
            let next = match events.first() {
                Some(event) => Some(event.version()?),
                // The last event of a stream is always in the table.
                None if until == u64::MAX => None,
                None => {
                    let sql = include_str!("sql/next_version.sql");
                    let rows = session.rows(sql, &[&params.0, &params.1, &from]).await?;
                    version(rows.first())?
                }
            };
            let Some(next) = next.filter(|next| *next > after + 1) else { return Ok(events) };
            if let Some(mut cold) = Box::pin(self.cold_stream(session, part, next)).await? {
                // What is cold may end before `next`, if that lies beyond the
                // last position.
                cold.append(&mut events);
                cold.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
                return Ok(cold);
            }
            if looks >= LOOKS {
                return Err(restless(tenant).into());
            }
        }
    }

    /// The events at some positions, oldest first; nothing for a position
    /// where there is none.
    ///
    /// # Errors
    /// When the session's query fails, or cold events cannot be had.
    pub async fn at<S: Session>(
        &self,
        session: &S,
        tenant: Ulid,
        positions: &[u64],
    ) -> Result<Vec<RawEvent>, S::Error> {
        let mut positions = positions.to_vec();
        positions.sort_unstable();
        positions.dedup();
        let mut events = Vec::with_capacity(positions.len());
        for some in positions.chunks(POSITIONS) {
            events.extend(self.at_some(session, tenant, some).await?);
        }
        Ok(events)
    }

    async fn at_some<S: Session>(
        &self,
        session: &S,
        tenant: Ulid,
        positions: &[u64],
    ) -> Result<Vec<RawEvent>, S::Error> {
        let (id, sql) = (uuid(tenant), include_str!("sql/positions.sql"));
        let mut looks = 0;
        loop {
            looks += 1;
            let asked: Vec<i64> = positions.iter().copied().map(number).collect();
            let mut events = raw(session.rows(sql, &[&id, &asked]).await?);
            if events.len() == positions.len() {
                return Ok(events);
            }
            let there = events.iter().map(RawEvent::position).collect::<Result<Vec<_>, _>>()?;
            let missing = positions.iter().filter(|it| there.binary_search(it).is_err());
            let missing: Vec<u64> = missing.copied().collect();
            events.extend(Box::pin(self.cold_at(session, tenant, &missing)).await?);
            if events.len() == positions.len() || looks >= LOOKS {
                events.sort_by_cached_key(|event| event.position().unwrap_or(0));
                return Ok(events);
            }
        }
    }
}

/// What to tell where events were neither here nor there however often somebody
/// looked.
fn restless(tenant: Ulid) -> ReadError {
    ReadError::Fault(format!(
        "events of {} are neither in the table nor in cold storage; run `tenantry proof audit`",
        TenantId(tenant)
    ))
}

/// Whether events are all that there are of a stretch.
fn is_whole(events: &[RawEvent], stretch: Stretch<'_>) -> Result<bool, ReadError> {
    for (event, expected) in events.iter().zip(stretch.after + 1..) {
        if event.position()? != expected {
            return Ok(false);
        }
    }
    // The last event of a log is always in the table: it is the last of its
    // stream, too.
    let all = stretch.limit.min(stretch.until.saturating_sub(stretch.after));
    Ok(stretch.until == u64::MAX || events.len() as u64 >= all)
}

fn version(row: Option<&Row>) -> Result<Option<u64>, ReadError> {
    let version = row.map(|row| row.try_get(0)).transpose();
    Ok(version.map_err(crate::pg::failed)?.map(unsigned))
}

fn raw(rows: Vec<Row>) -> Vec<RawEvent> {
    rows.into_iter().map(RawEvent::of_row).collect()
}
