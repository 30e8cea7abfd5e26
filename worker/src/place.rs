//! How far reactions have come in a tenant's log, and what comes next there.

use std::sync::Arc;

use deadpool_postgres::Pool;
use domain::kernel::{AnyRecorded, Registry};
use event_store::{
    StoredEvent, decode,
    history::RawEvent,
    keys::KeyRing,
    pg::{TenantRead, unsigned, uuid},
};
use ulid::Ulid;

use crate::{WorkerError, kept::subjects_of};

/// How many events are passed over in one look for those that matter.
const FARTHEST: u64 = 10_000;

/// How far one reaction has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The reaction's place in the registry.
    pub(crate) reaction: usize,
    /// The position of the last event it has answered.
    pub(crate) position: u64,
    /// Whether a failure is on record.
    pub(crate) failing: bool,
}

/// All reactions in one tenant's log.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// The position of the log's last event.
    pub(crate) head: u64,
    /// The reactions in the order of the registry.
    pub(crate) places: Vec<Place>,
}

/// Looks how far reactions have come. One without a place came before the
/// tenant did, and begins at the first event.
pub(crate) async fn places(
    pool: &Pool,
    tenant: Ulid,
    consumers: &[String],
) -> Result<Places, WorkerError> {
    let client = pool.get().await?;
    let statement = client.prepare_cached(include_str!("sql/positions.sql")).await?;
    let rows = client.query(&statement, &[&uuid(tenant), &consumers]).await?;
    let mut found = Places::default();
    let mut new = vec![];
    for (reaction, (row, consumer)) in rows.iter().zip(consumers).enumerate() {
        found.head = unsigned(row.try_get(0)?);
        let known: Option<i64> = row.try_get(1)?;
        if known.is_none() {
            new.push(consumer);
        }
        found.places.push(Place {
            reaction,
            position: unsigned(known.unwrap_or(0)),
            failing: row.try_get(2)?,
        });
    }
    if !new.is_empty() {
        let statement = client.prepare_cached(include_str!("sql/begin.sql")).await?;
        client.execute(&statement, &[&uuid(tenant), &new]).await?;
    }
    Ok(found)
}

/// An event that some reaction answers, as far as it can be read.
pub(crate) struct Occurrence {
    pub(crate) position: u64,
    pub(crate) stream_type: Arc<str>,
    pub(crate) event: Result<AnyRecorded, String>,
    /// Whose personal data it holds.
    pub(crate) subjects: Vec<Ulid>,
}

/// A stretch of a tenant's log.
pub(crate) struct Stretch {
    /// What matters in it, in order.
    pub(crate) events: Vec<Occurrence>,
    /// Its last position. Nothing that matters lies between the last event and
    /// this.
    pub(crate) end: u64,
}

/// What is read, and how much of it.
pub(crate) struct Reading<'a> {
    pub(crate) tenant: Ulid,
    /// From where.
    pub(crate) after: u64,
    /// Where the log ends.
    pub(crate) head: u64,
    /// The types of aggregates whose events matter.
    pub(crate) sources: &'a [&'static str],
    /// The most events.
    pub(crate) batch: usize,
}

impl Reading<'_> {
    /// Reads the next stretch of the log, once for all reactions.
    pub(crate) async fn stretch(
        &self,
        pool: &Pool,
        registry: &Registry,
        keys: &KeyRing,
    ) -> Result<Stretch, WorkerError> {
        let end = self.head.min(self.after.saturating_add(FARTHEST));
        let client = pool.get().await?;
        let stretch = event_store::history::Stretch {
            tenant: self.tenant,
            after: self.after,
            until: end,
            types: Some(self.sources),
            limit: self.batch as u64,
        };
        let session = TenantRead { client: &client, tenant: self.tenant };
        let raw = keys.history().stretch(&session, stretch).await?;
        drop(client);
        let stored = raw.iter().map(RawEvent::stored).collect::<Result<Vec<_>, _>>()?;
        let subjects: Vec<Vec<Ulid>> = stored.iter().map(subjects_of).collect();
        let mut events = Vec::with_capacity(stored.len());
        let opened = keys.open_each(self.tenant, stored).await?;
        for (opened, subjects) in opened.into_iter().zip(subjects) {
            let (Ok(StoredEvent { envelope, .. }) | Err((StoredEvent { envelope, .. }, _))) =
                &opened;
            let (position, stream_type) = (envelope.position, envelope.stream_type.clone());
            let event = match opened {
                Ok(event) => decode(registry, event).map_err(|error| error.to_string()),
                Err((_, error)) => Err(error.to_string()),
            };
            events.push(Occurrence { position, stream_type, event, subjects });
        }
        let full = events.len() >= self.batch;
        let end = events.last().filter(|_| full).map_or(end, |last| last.position);
        Ok(Stretch { events, end })
    }
}
