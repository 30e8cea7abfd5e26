//! What one request sees: one tenant, one moment.
//!
//! All statements of a request run in one read-only transaction at one
//! snapshot. The numbers of a dashboard therefore agree with each other, the
//! position an answer states holds for all of it, and a request takes one
//! connection however much it asks for. Begin, tenant, positions and the first
//! statements are sent together: one round trip. Nothing is opened before the
//! first statement.

mod events;
mod fault;
mod instead;
mod left_out;
mod put;
mod shapes;
mod transaction;
mod turns;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use deadpool_postgres::Pool;
use event_store::keys::KeyRing;
use opentelemetry::{KeyValue, metrics::Histogram};
use service::{database::Database, telemetry::meter};
use tokio::{sync::OnceCell, time::Instant};
use tokio_postgres::Row;
use tracing::Instrument;
use ulid::Ulid;

pub(crate) use fault::ReadFault;
pub(crate) use instead::Instead;
pub(crate) use left_out::LeftOut;
pub(crate) use put::Put;
pub(crate) use transaction::{Place, Reached};
pub(crate) use turns::Turn;

use crate::{
    personal::Finder,
    rows::Past,
    sql::{Source, Statement},
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

    /// The same for one who wants to know the positions alone: no table is read,
    /// nor told how old it is.
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
    /// Whether their tables are held, and asked how old they are.
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
