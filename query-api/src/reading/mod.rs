//! What one request sees: one tenant, one moment.
//!
//! All statements of a request run in one read-only transaction at one
//! snapshot. The numbers of a dashboard therefore agree with each other, the
//! position an answer states holds for all of it, and a request takes one
//! connection however much it asks for. Begin, tenant, positions and the first
//! statements are sent together: one round trip. Nothing is opened before the
//! first statement.

mod fault;
mod instead;
mod put;
mod shapes;
mod transaction;
mod turns;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use deadpool_postgres::Pool;
use event_store::{
    StoredEvent,
    history::{Part, RawEvent, Session, Stretch},
    keys::KeyRing,
};
use opentelemetry::{KeyValue, metrics::Histogram};
use service::{database::Database, telemetry::meter};
use tokio::{sync::OnceCell, time::Instant};
use tokio_postgres::{Row, types::ToSql};
use tracing::Instrument;
use ulid::Ulid;

pub(crate) use fault::ReadFault;
pub(crate) use instead::Instead;
pub(crate) use put::Put;
pub(crate) use transaction::{Place, Reached};
pub(crate) use turns::Turn;

use crate::{
    personal::Finder,
    rows::Past,
    sql::{Param, Source, Statement},
};
use shapes::Shapes;
use transaction::Transaction;
use turns::Turns;

/// The database as queries read it.
pub(crate) struct Store {
    pool: Pool,
    turns: Turns,
    ring: Arc<KeyRing>,
    /// How many people each tenant has had erased when it was last read.
    erasures: Mutex<HashMap<Ulid, u64>>,
    role: &'static str,
    shapes: Shapes,
    seconds: Histogram<f64>,
}

impl Store {
    /// Reads through a database in the role `tenantry_query`.
    pub(crate) fn new(database: &Database, ring: Arc<KeyRing>) -> Arc<Self> {
        let seconds = meter()
            .f64_histogram("db_query_duration_seconds")
            .with_description("Time from taking a connection to having all rows of one read.")
            .build();
        let role = database.role().name();
        let pool = database.raw().clone();
        let turns = Turns::new(pool.status().max_size);
        let erasures = Mutex::default();
        Arc::new(Self { pool, turns, ring, erasures, role, shapes: Shapes::default(), seconds })
    }

    /// Waits until a tenant may take a connection from the pool.
    pub(crate) async fn turn(&self, tenant: Ulid) -> Turn {
        self.turns.take(tenant).await
    }

    /// Forgets the keys that are in memory once somebody was erased.
    fn notice(&self, tenant: Ulid, erasures: u64) {
        let mut known = self.erasures.lock().unwrap_or_else(PoisonError::into_inner);
        if known.insert(tenant, erasures).unwrap_or(0) != erasures {
            self.ring.forget(tenant);
        }
    }

    /// What finds personal values of a tenant.
    pub(crate) fn finder(&self, tenant: Ulid) -> Finder<'_> {
        Finder { ring: &self.ring, tenant }
    }

    /// The view of one request, which will name these consumers' positions.
    pub(crate) fn reading(self: &Arc<Self>, tenant: Ulid, consumers: Vec<String>) -> Arc<Reading> {
        self.view(tenant, consumers, true)
    }

    /// The same for one who wants to know the positions and reads no table.
    pub(crate) fn watching(self: &Arc<Self>, tenant: Ulid, consumers: Vec<String>) -> Arc<Reading> {
        self.view(tenant, consumers, false)
    }

    fn view(self: &Arc<Self>, tenant: Ulid, consumers: Vec<String>, held: bool) -> Arc<Reading> {
        Arc::new(Reading {
            store: self.clone(),
            tenant,
            consumers,
            held,
            transaction: Arc::default(),
            auditor: false,
            instead: None,
            put: None,
        })
    }
}

/// The view of one request.
pub(crate) struct Reading {
    store: Arc<Store>,
    tenant: Ulid,
    consumers: Vec<String>,
    /// Whether their tables are held.
    held: bool,
    transaction: Arc<OnceCell<Transaction>>,
    /// Whether the log itself may be seen.
    auditor: bool,
    /// A table that is as it was then, not as it is.
    instead: Option<(Past, Instead)>,
    /// The past whose tables are read, unless it is those of today.
    put: Option<Put>,
}

impl Reading {
    /// Where the rows are.
    pub(crate) fn source(&self) -> Source {
        let source = match self.put {
            Some(put) => Source::of_past(put.id),
            None => Source::of_today(self.tenant),
        };
        if self.instead.is_some() { source.without_indexes() } else { source }
    }

    /// Whose log is read.
    pub(crate) const fn whose_log(&self) -> Ulid {
        self.tenant
    }

    /// The past whose tables are read, unless it is those of today.
    pub(crate) const fn put(&self) -> Option<&Put> {
        self.put.as_ref()
    }

    /// Where what is shown of the log ends.
    pub(crate) async fn end(&self) -> Result<u64, ReadFault> {
        let head = self.reached().await?.head;
        Ok(self.put.map_or(head, |put| put.position))
    }

    /// The same view, for somebody who may see the log itself, or may not.
    pub(crate) fn of_auditor(self: Arc<Self>, auditor: bool) -> Arc<Self> {
        Arc::new(Self { auditor, ..self.copy() })
    }

    /// The same view, in which a table is as it was.
    pub(crate) fn with(&self, past: Past, instead: Instead) -> Arc<Self> {
        Arc::new(Self { instead: Some((past, instead)), ..self.copy() })
    }

    /// The same transaction.
    fn copy(&self) -> Self {
        Self {
            store: self.store.clone(),
            tenant: self.tenant,
            consumers: self.consumers.clone(),
            held: self.held,
            transaction: self.transaction.clone(),
            auditor: self.auditor,
            instead: None,
            put: self.put,
        }
    }

    /// Whether the log itself may be seen: who did what, to whom.
    pub(crate) const fn may_audit(&self) -> bool {
        self.auditor
    }

    /// When the rows are from, unless that is now.
    pub(crate) fn past(&self) -> Option<Past> {
        self.instead.as_ref().map(|(past, _)| *past)
    }

    /// What finds and opens personal values.
    pub(crate) fn finder(&self) -> Finder<'_> {
        self.store.finder(self.tenant)
    }

    /// Runs a statement. `what` names it in metrics and traces.
    pub(crate) async fn rows<'s>(
        &'s self,
        what: &'static str,
        statement: &'s Statement,
    ) -> Result<Vec<Row>, ReadFault> {
        let over = self.instead.as_ref().map(|(_, instead)| instead.put_in(statement));
        let over = over.transpose()?;
        let statement = over.as_ref().unwrap_or(statement);
        let prepared = self.store.shapes.is_worth_preparing(&statement.text);
        let run = |transaction: &'s Transaction| transaction.rows(statement, prepared);
        self.measured(what, &statement.text, run).await
    }

    async fn measured<'s, F>(
        &'s self,
        what: &'static str,
        sql: &str,
        run: impl FnOnce(&'s Transaction) -> F,
    ) -> Result<Vec<Row>, ReadFault>
    where
        F: Future<Output = Result<Vec<Row>, ReadFault>>,
    {
        let begun = Instant::now();
        let span = tracing::info_span!("query.read", otel.kind = "client", query = what);
        let read = async {
            let rows = run(self.transaction().await?).await?;
            // Before anything in the rows is opened.
            self.store.notice(self.tenant, self.transaction().await?.reached().await?.erasures);
            Ok(rows)
        };
        let result = Box::pin(read).instrument(span).await;
        let labels = [KeyValue::new("role", self.store.role), KeyValue::new("query", what)];
        self.store.seconds.record(begun.elapsed().as_secs_f64(), &labels);
        let rows = result.as_ref().map_or(0, Vec::len);
        tracing::debug!(query = what, rows, sql, "read");
        result
    }

    /// What the tables of the named consumers have reached.
    pub(crate) async fn reached(&self) -> Result<Arc<Reached>, ReadFault> {
        self.transaction().await?.reached().await
    }

    /// What they have reached, if anything was read at all.
    pub(crate) async fn reached_if_read(&self) -> Option<Arc<Reached>> {
        self.transaction.get()?.reached().await.ok()
    }

    /// The events of one aggregate after a version and up to a position, oldest
    /// first, no more than `limit`.
    pub(crate) async fn stream(
        &self,
        stream: Ulid,
        after: u64,
        until: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, ReadFault> {
        let part = Part { tenant: self.tenant, stream, after, until, limit: limit as u64 };
        self.opened(&self.store.ring.history().stream(self, part).await?).await
    }

    /// The events of the tenant between two positions that belong to
    /// aggregates of these types, oldest first.
    pub(crate) async fn log(
        &self,
        types: &[&str],
        after: u64,
        until: u64,
    ) -> Result<Vec<StoredEvent>, ReadFault> {
        let stretch = Stretch { types: Some(types), ..Stretch::between(self.tenant, after, until) };
        self.opened(&self.store.ring.history().stretch(self, stretch).await?).await
    }

    /// The events that hold something about people of whom the tenant was asked
    /// to forget everything, after one erasure and up to another, as far as
    /// they belong to aggregates of these types and lie no further than a
    /// position.
    pub(crate) async fn erased(
        &self,
        types: &[&str],
        (after, until): (u64, u64),
        last: u64,
    ) -> Result<Vec<StoredEvent>, ReadFault> {
        let text = "SELECT held.position FROM log.erasures AS erasure \
             JOIN log.personal_data AS held ON held.tenant_id = erasure.tenant_id \
             AND held.subject_id = erasure.subject_id WHERE erasure.tenant_id = $1 \
             AND erasure.number > $2 AND erasure.number <= $3 AND held.position <= $4";
        let tenant = Param::Id(event_store::pg::uuid(self.tenant));
        let params = vec![tenant, position(after), position(until), position(last)];
        let rows = self.rows("log", &Statement { text: text.to_owned(), params }).await?;
        let positions = rows.iter().map(|row| row.try_get(0).map(event_store::pg::unsigned));
        let positions: Vec<u64> = positions.collect::<Result<_, _>>()?;
        let history = self.store.ring.history();
        let mut events = history.at(self, self.tenant, &positions).await?;
        events.retain(|event| event.stream_type().is_ok_and(|it| types.contains(&it)));
        self.opened(&events).await
    }

    /// The last position that was recorded by a time.
    pub(crate) async fn last_by(&self, head: u64, time: DateTime<Utc>) -> Result<u64, ReadFault> {
        self.store.ring.history().last_by(self, self.tenant, head, time).await
    }

    /// How many people were erased before the log came to a position.
    pub(crate) async fn erasures_before(&self, last: u64) -> Result<u64, ReadFault> {
        let text = "SELECT count(*) FROM log.erasures WHERE tenant_id = $1 AND position < $2";
        let params = vec![Param::Id(event_store::pg::uuid(self.tenant)), position(last)];
        let rows = self.rows("log", &Statement { text: text.to_owned(), params }).await?;
        let count: i64 = rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Which of these positions hold something about people who were erased
    /// since.
    pub(crate) async fn with_erased_data(
        &self,
        positions: Vec<u64>,
    ) -> Result<BTreeSet<u64>, ReadFault> {
        let text = "SELECT held.position FROM log.personal_data AS held \
                    JOIN log.erasures AS erasure ON erasure.tenant_id = held.tenant_id \
                    AND erasure.subject_id = held.subject_id \
                    WHERE held.tenant_id = $1 AND held.position = ANY ($2)";
        let positions = positions.into_iter().filter_map(|place| i64::try_from(place).ok());
        let params =
            vec![Param::Id(event_store::pg::uuid(self.tenant)), Param::Ints(positions.collect())];
        let rows = self.rows("log", &Statement { text: text.to_owned(), params }).await?;
        let position = |row: &Row| Ok(u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or(0));
        rows.iter().map(position).collect()
    }

    async fn opened(&self, raw: &[RawEvent]) -> Result<Vec<StoredEvent>, ReadFault> {
        let mut events = raw.iter().map(RawEvent::stored).collect::<Result<Vec<_>, _>>()?;
        self.store.ring.open_events(self.tenant, &mut events).await?;
        Ok(events)
    }

    /// Ends the transaction and gives the connection back. What is read later
    /// fails.
    pub(crate) fn close(&self) {
        if let Some(transaction) = self.transaction.get() {
            transaction.close();
        }
    }

    async fn transaction(&self) -> Result<&Transaction, ReadFault> {
        self.transaction
            .get_or_try_init(|| async {
                let turn = self.store.turn(self.tenant).await;
                let pool = &self.store.pool;
                let consumers = self.consumers.clone();
                Transaction::begin(pool, turn, self.tenant, consumers, self.held).await
            })
            .await
    }
}

/// Events are read as everything else is, at the moment of the request.
impl Session for Reading {
    type Error = ReadFault;

    async fn rows(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, ReadFault> {
        self.measured("log", sql, |transaction| transaction.prepared(sql, params)).await
    }
}

/// A position as PostgreSQL counts.
fn position(value: u64) -> Param {
    Param::Int(i64::try_from(value).unwrap_or(i64::MAX))
}
