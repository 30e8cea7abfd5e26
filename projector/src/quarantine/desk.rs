//! What people see of quarantined streams, and do about them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deadpool_postgres::{ClientWrapper, Pool, PoolError};
use domain::kernel::{ReadModelEntry, Registry};
use event_store::{
    ReadError,
    history::History,
    pg::{number, ulid, unsigned, uuid},
};
use tokio_postgres::{Error, Row, types::ToSql};
use ulid::Ulid;
use uuid::Uuid;

use super::set_apart::{self, SetApart};
use crate::session;

/// The quarantined streams of a database, for whoever looks after it.
pub struct Quarantine {
    pool: Pool,
    registry: Arc<Registry>,
    history: History,
}

/// A stream that a read model cannot take.
#[derive(Clone, Debug, PartialEq)]
pub struct Quarantined {
    /// The read model.
    pub read_model: String,
    /// Whose stream.
    pub tenant: Ulid,
    /// The stream, as its aggregate writes its ids: `loan_01J…`.
    pub stream: String,
    /// The position in the tenant's log of the event that cannot be folded.
    pub position: u64,
    /// Its version in the stream.
    pub version: u64,
    /// What it is called: `loan.lent`. Nothing where it is not in the log.
    pub event: Option<String>,
    /// When it was written down.
    pub recorded_at: Option<DateTime<Utc>>,
    /// Why it cannot be folded.
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when the stream is set apart.
    pub since: DateTime<Utc>,
    /// When it was last tried.
    pub tried_at: DateTime<Utc>,
    /// Later events of the stream that are held back because of it.
    pub held: u64,
    /// Whether another attempt was asked for and is still to come.
    pub asked: bool,
}

/// An event that somebody decided to leave out of a read model for ever.
#[derive(Clone, Debug, PartialEq)]
pub struct Discarded {
    /// The read model, in all its versions.
    pub read_model: String,
    /// Whose event.
    pub tenant: Ulid,
    /// Its stream.
    pub stream: String,
    /// Its position in the tenant's log.
    pub position: u64,
    /// Why it could not be folded.
    pub error: String,
    /// Why it was discarded.
    pub reason: String,
    /// Who did it.
    pub actor: String,
    /// When.
    pub discarded_at: DateTime<Utc>,
}

/// The decision to leave an event out.
#[derive(Clone, Debug)]
pub struct Discard {
    /// Of which read model, in all its versions.
    pub read_model: String,
    /// Whose event.
    pub tenant: Ulid,
    /// Its stream.
    pub stream: Ulid,
    /// Its position: that of the event that cannot be folded.
    pub position: u64,
    /// Whether the events held back because of it are left out too.
    pub held: bool,
    /// Why. Kept for ever.
    pub reason: String,
    /// Who decides so. Kept for ever.
    pub actor: String,
}

/// Why nothing could be seen or done.
#[derive(Debug, thiserror::Error)]
pub enum QuarantineError {
    /// No such read model is declared.
    #[error("there is no read model {name}, but: {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// What was to be discarded is not what holds the stream up.
    #[error("{0}")]
    NotThere(String),
    /// A decision without a reason or somebody who made it.
    #[error("a discarded event needs {0}: it is kept for ever")]
    Unfounded(&'static str),
    /// Events could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// No connection could be had.
    #[error("no connection to the database: {0}")]
    Pool(#[from] PoolError),
    /// The database refused or went away.
    #[error("the database failed: {}", session::reason(.0))]
    Database(#[from] Error),
}

/// Which streams are meant: all but for what is named.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Those of a read model.
    pub read_model: Option<&'a str>,
    /// Those of a tenant.
    pub tenant: Option<Ulid>,
    /// One stream.
    pub stream: Option<Ulid>,
}

impl Quarantine {
    /// Over a pool whose sessions have the role `tenantry_owner`.
    #[must_use]
    pub fn new(pool: Pool, registry: Arc<Registry>) -> Self {
        Self { pool, registry, history: History::default() }
    }

    /// Reads events through this, which may know where those are that are cold.
    #[must_use]
    pub fn with_history(self, history: History) -> Self {
        Self { history, ..self }
    }

    /// The streams that are set apart, longest first.
    ///
    /// # Errors
    /// When the read model is unknown, events cannot be read, or the database
    /// refuses.
    pub async fn list(&self, which: Which<'_>) -> Result<Vec<Quarantined>, QuarantineError> {
        let client = self.pool.get().await?;
        let rows = self.ask(&client, include_str!("../sql/quarantined.sql"), which).await?;
        let set_apart: Vec<_> = rows.iter().map(SetApart::of).collect::<Result<_, _>>()?;
        let events = set_apart::events(&self.history, &client, &set_apart).await?;
        let mut all = Vec::with_capacity(rows.len());
        for (row, one) in rows.iter().zip(set_apart) {
            let held = one.held(&self.history, &client).await?;
            let event = events.get(&(one.tenant, one.position)).cloned();
            all.push(self.quarantined(row, one, event, held)?);
        }
        Ok(all)
    }

    /// The events that were discarded, oldest first.
    ///
    /// # Errors
    /// When the read model is unknown or the database refuses.
    pub async fn discarded(&self, which: Which<'_>) -> Result<Vec<Discarded>, QuarantineError> {
        let read_model = which.read_model.map(|name| self.entry(name)).transpose()?;
        let read_model = read_model.map(|entry| entry.name);
        let (tenant, stream) = (which.tenant.map(uuid), which.stream.map(uuid));
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(include_str!("../sql/discarded.sql")).await?;
        let rows = client.query(&statement, &[&read_model, &tenant, &stream]).await?;
        Ok(rows.iter().map(|row| self.discarded_event(row)).collect::<Result<_, _>>()?)
    }

    /// Asks for another attempt at once, and says at how many streams. The
    /// projector that has the tenant makes it.
    ///
    /// # Errors
    /// When the read model is unknown or the database refuses.
    pub async fn retry(&self, which: Which<'_>) -> Result<u64, QuarantineError> {
        let client = self.pool.get().await?;
        let rows = self.ask(&client, include_str!("../sql/retry.sql"), which).await?;
        Ok(rows.len() as u64)
    }

    /// Leaves the event that cannot be folded out of the read model for ever,
    /// and asks for another attempt at its stream. Says how many events were
    /// discarded.
    ///
    /// # Errors
    /// When the stream is not held up by that very event, nobody says why or
    /// who, events cannot be read, or the database refuses.
    pub async fn discard(&self, discard: &Discard) -> Result<u64, QuarantineError> {
        for (text, what) in [(&discard.reason, "a reason"), (&discard.actor, "an actor")] {
            if text.trim().is_empty() {
                return Err(QuarantineError::Unfounded(what));
            }
        }
        let entry = self.entry(&discard.read_model)?;
        let which = Which {
            read_model: Some(entry.name),
            tenant: Some(discard.tenant),
            stream: Some(discard.stream),
        };
        let client = self.pool.get().await?;
        let rows = self.ask(&client, include_str!("../sql/quarantined.sql"), which).await?;
        let set_apart: Vec<_> = rows.iter().map(SetApart::of).collect::<Result<_, _>>()?;
        // A version that is being built may hold it as well.
        let held_up = set_apart.iter().filter(|one| one.position == discard.position);
        let Some(poison) = held_up.max_by_key(|one| one.reached) else {
            return Err(self.not_there(entry, discard, &rows)?);
        };
        let (positions, versions) =
            poison.to_be_discarded(&self.history, &client, discard.held).await?;
        let statement = client.prepare_cached(include_str!("../sql/discard.sql")).await?;
        let (tenant, stream) = (uuid(discard.tenant), uuid(discard.stream));
        let params: [&(dyn ToSql + Sync); 9] = [
            &entry.table_name(),
            &entry.name,
            &tenant,
            &stream,
            &number(discard.position),
            &positions,
            &versions,
            &discard.reason.trim(),
            &discard.actor.trim(),
        ];
        let discarded = client.execute(&statement, &params).await?;
        if discarded > 0 {
            return Ok(discarded);
        }
        // Another one does since.
        let rows = self.ask(&client, include_str!("../sql/quarantined.sql"), which).await?;
        Err(self.not_there(entry, discard, &rows)?)
    }

    /// What to tell whoever would discard something else than what holds a
    /// stream up.
    fn not_there(
        &self,
        entry: &ReadModelEntry,
        discard: &Discard,
        rows: &[Row],
    ) -> Result<QuarantineError, Error> {
        Ok(QuarantineError::NotThere(match rows.first() {
            Some(row) => format!(
                "{} of {} is held up by the event at position {}, not {}",
                self.stream(row.try_get(2)?, row.try_get(3)?),
                entry.name,
                unsigned(row.try_get(4)?),
                discard.position
            ),
            None => format!("no such stream is quarantined for {}", entry.name),
        }))
    }

    async fn ask(
        &self,
        client: &ClientWrapper,
        sql: &str,
        which: Which<'_>,
    ) -> Result<Vec<Row>, QuarantineError> {
        let consumer = which.read_model.map(|name| self.entry(name)).transpose()?;
        let consumer = consumer.map(ReadModelEntry::table_name);
        let (tenant, stream) = (which.tenant.map(uuid), which.stream.map(uuid));
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, &[&consumer, &tenant, &stream]).await?)
    }

    fn entry(&self, name: &str) -> Result<&ReadModelEntry, QuarantineError> {
        let known = self.registry.read_models();
        known.iter().find(|entry| entry.name == name).ok_or_else(|| QuarantineError::Unknown {
            name: name.to_owned(),
            known: known.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", "),
        })
    }

    fn stream(&self, stream_type: &str, stream: Uuid) -> String {
        let stream = ulid(stream);
        self.registry
            .aggregate(stream_type)
            .map_or_else(|| stream.to_string(), |aggregate| aggregate.id_text(stream))
    }

    fn quarantined(
        &self,
        row: &Row,
        one: SetApart,
        event: Option<(String, DateTime<Utc>)>,
        held: u64,
    ) -> Result<Quarantined, Error> {
        let consumer: String = row.try_get(0)?;
        // One that is being built has an appendix.
        let table = consumer.strip_suffix(".building").unwrap_or(&consumer);
        let mut known = self.registry.read_models().iter();
        let entry = known.find(|entry| entry.table_name() == table);
        let (event, recorded_at) = event.unzip();
        Ok(Quarantined {
            read_model: entry.map_or(consumer, |entry| entry.name.to_owned()),
            tenant: one.tenant,
            stream: self.stream(row.try_get(2)?, row.try_get(3)?),
            position: one.position,
            version: one.version,
            event,
            recorded_at,
            error: row.try_get(6)?,
            attempts: u32::try_from(row.try_get::<_, i32>(7)?).unwrap_or(0),
            since: row.try_get(8)?,
            tried_at: row.try_get(9)?,
            held,
            asked: row.try_get(10)?,
        })
    }

    fn discarded_event(&self, row: &Row) -> Result<Discarded, Error> {
        Ok(Discarded {
            read_model: row.try_get(0)?,
            tenant: ulid(row.try_get(1)?),
            stream: self.stream(row.try_get(2)?, row.try_get(3)?),
            position: unsigned(row.try_get(4)?),
            error: row.try_get(5)?,
            reason: row.try_get(6)?,
            actor: row.try_get(7)?,
            discarded_at: row.try_get(8)?,
        })
    }
}
