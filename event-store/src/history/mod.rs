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
mod excerpt;
mod moment;
mod raw;
mod session;

use std::sync::Arc;

use tokio_postgres::{Row, types::ToSql};
use ulid::Ulid;

pub(crate) use cold::entries;
pub use excerpt::Excerpt;
pub(crate) use raw::Column;
pub use raw::{EVENT_COLUMNS, RawEvent};
pub use session::{Prepared, Session, Within};

use crate::{
    ReadError, TenantId,
    cold::Cold,
    pg::{number, unsigned, uuid},
};

// The first lines are what the server's log shows.

/// The events of a tenant between two positions, oldest first. $1 tenant, $2
/// after this position, $3 up to this one, $4 at most so many
pub(crate) const STRETCH: &str =
    concat!("-- stretch.sql\n", include_str!("sql/events.sql"), include_str!("sql/stretch.sql"));
const STRETCH_OF_TYPES: &str = concat!(
    "-- stretch_of_types.sql\n",
    include_str!("sql/events.sql"),
    include_str!("sql/stretch_of_types.sql")
);
const STREAM: &str =
    concat!("-- stream.sql\n", include_str!("sql/events.sql"), include_str!("sql/stream.sql"));
const POSITIONS: &str = concat!(
    "-- positions.sql\n",
    include_str!("sql/events.sql"),
    include_str!("sql/positions.sql")
);

/// Positions that are asked for at once.
const AT_ONCE: usize = 1_000;
/// How often is looked again for what was moving between two looks.
const LOOKS: usize = 8;
/// Bytes of events that are looked through at once.
const LOOKED_THROUGH: usize = 4 << 20;

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
        self.excerpt(session, stretch, usize::MAX).await.map(|events| events.taken)
    }

    /// The events that a stretch begins with, oldest first, until they have so
    /// many bytes, and one at least. Cold ones count as those in the table do: by
    /// the bytes of their columns, not by those of the segments they are in.
    ///
    /// # Errors
    /// When the session's query fails, or cold events cannot be had.
    pub async fn excerpt<S: Session>(
        &self,
        session: &S,
        stretch: Stretch<'_>,
        bytes: usize,
    ) -> Result<Excerpt<RawEvent>, S::Error> {
        let mut looks = 0;
        loop {
            looks += 1;
            let (events, cold) = if let Some(types) = stretch.types {
                self.of_types(session, stretch, types, bytes).await?
            } else {
                let events = self.of_all_types(session, stretch, bytes).await?;
                if is_whole(&events, stretch)? {
                    return Ok(events);
                }
                (events, session.cold(stretch.tenant).await?)
            };
            if cold > stretch.after {
                // Rare and large: not to be carried along by whoever asks.
                let both = Box::pin(self.both(session, stretch, events, cold, bytes)).await?;
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
        bytes: usize,
    ) -> Result<Excerpt<RawEvent>, S::Error> {
        let Stretch { tenant, after, until, limit, .. } = stretch;
        let (tenant, after) = (uuid(tenant), number(after));
        let (until, most) = (number(until), number(limit));
        session.excerpt(STRETCH, &[&tenant, &after, &until, &most], bytes).await.map(raw)
    }

    async fn of_types<S: Session>(
        &self,
        session: &S,
        stretch: Stretch<'_>,
        types: &[&str],
        bytes: usize,
    ) -> Result<(Excerpt<RawEvent>, u64), S::Error> {
        let Stretch { tenant, after, until, limit, .. } = stretch;
        let (after, until, most) = (number(after), number(until), number(limit));
        let params = (uuid(tenant), types);
        let params: [&(dyn ToSql + Sync); 5] = [&params.0, &after, &until, &params.1, &most];
        let (rows, cold) =
            session.excerpt_and_cold(tenant, STRETCH_OF_TYPES, &params, bytes).await?;
        Ok((raw(rows), cold))
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
        self.stream_excerpt(session, part, usize::MAX).await.map(|events| events.taken)
    }

    /// The events that a part of a stream begins with, oldest first, until they
    /// have so many bytes, counted as in [`Self::excerpt`], and one at least.
    ///
    /// # Errors
    /// When the session's query fails, or cold events cannot be had.
    pub async fn stream_excerpt<S: Session>(
        &self,
        session: &S,
        part: Part,
        bytes: usize,
    ) -> Result<Excerpt<RawEvent>, S::Error> {
        let Part { tenant, stream, after, until, limit } = part;
        let (from, to, most) = (number(after), number(until), number(limit));
        let params = (uuid(tenant), uuid(stream));
        let mut looks = 0;
        loop {
            looks += 1;
            let asked: [&(dyn ToSql + Sync); 5] = [&params.0, &params.1, &from, &to, &most];
            let hot = raw(session.excerpt(STREAM, &asked, bytes).await?);
            let next = match hot.taken.first() {
                Some(event) => Some(event.version()?),
                // The last event of a stream is always in the table.
                None if until == u64::MAX => None,
                None => {
                    let sql = include_str!("sql/next_version.sql");
                    let rows = session.rows(sql, &[&params.0, &params.1, &from]).await?;
                    version(rows.first())?
                }
            };
            let Some(next) = next.filter(|next| *next > after + 1) else { return Ok(hot) };
            if let Some(mut events) = Box::pin(self.cold_stream(session, part, next, bytes)).await?
            {
                // What is cold may end before `next`, if that lies beyond the
                // last position.
                let left = limit.saturating_sub(events.len());
                let is_cut = hot.is_cut;
                for event in hot.taken.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX))
                {
                    let size = event.bytes();
                    events.push(event, size);
                }
                events.is_cut |= is_cut;
                return Ok(events);
            }
            if looks >= LOOKS {
                return Err(restless(tenant).into());
            }
        }
    }

    /// The last version of a stream after a version and up to a position of the
    /// log; nothing when it has none there.
    ///
    /// # Errors
    /// When the session's query fails, or cold events cannot be had.
    pub async fn last_version<S: Session>(
        &self,
        session: &S,
        (tenant, stream): (Ulid, Ulid),
        after: u64,
        until: u64,
    ) -> Result<Option<u64>, S::Error> {
        let sql = include_str!("sql/last_version.sql");
        let params = (uuid(tenant), uuid(stream), number(after), number(until));
        let rows = session.rows(sql, &[&params.0, &params.1, &params.2, &params.3]).await?;
        // Whatever follows one that is in the table is there as well.
        let mut last = version(rows.first())?;
        if last.is_some() {
            return Ok(last);
        }
        loop {
            let part =
                Part { tenant, stream, after: last.unwrap_or(after), until, limit: u64::MAX };
            let events = self.stream_excerpt(session, part, LOOKED_THROUGH).await?;
            if let Some(event) = events.taken.last() {
                last = Some(event.version()?);
            }
            if !events.is_cut {
                return Ok(last);
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
        for some in positions.chunks(AT_ONCE) {
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
        let id = uuid(tenant);
        let mut looks = 0;
        loop {
            looks += 1;
            let asked: Vec<i64> = positions.iter().copied().map(number).collect();
            let rows = session.rows(POSITIONS, &[&id, &asked]).await?;
            let mut events: Vec<_> = rows.into_iter().map(RawEvent::of_row).collect();
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

/// Whether events are all that there are of a stretch, as far as they go.
fn is_whole(events: &Excerpt<RawEvent>, stretch: Stretch<'_>) -> Result<bool, ReadError> {
    for (event, expected) in events.taken.iter().zip(stretch.after + 1..) {
        if event.position()? != expected {
            return Ok(false);
        }
    }
    // The last event of a log is always in the table: it is the last of its
    // stream, too.
    let all = stretch.limit.min(stretch.until.saturating_sub(stretch.after));
    Ok(stretch.until == u64::MAX || events.is_cut || events.len() >= all)
}

fn version(row: Option<&Row>) -> Result<Option<u64>, ReadError> {
    let version = row.map(|row| row.try_get(0)).transpose();
    Ok(version.map_err(crate::pg::failed)?.map(unsigned))
}

fn raw(rows: Excerpt<Row>) -> Excerpt<RawEvent> {
    rows.map(RawEvent::of_row)
}
