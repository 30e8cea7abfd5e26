//! A read model's table, filled anew from the first event on.
//!
//! The new table stands beside the one that is read. It gets its rows without
//! indexes or policies in the way, then these, then what came in meanwhile;
//! then one short transaction puts it in the old one's place together with
//! its checkpoints. Readers see the old rows or the new ones, nothing between.
//!
//! Projectors may run all the time. A rebuild that ends before its time leaves
//! nothing but a table that nobody reads, which the next one removes.

mod catch_up;
mod load;
mod swap;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use deadpool_postgres::{ClientWrapper, Object, Pool, PoolError};
use domain::kernel::Registry;
use event_store::{
    keys::KeyRing,
    pg::{ulid, unsigned},
};
use opentelemetry::{KeyValue, metrics::Gauge};
use service::telemetry;
use ulid::Ulid;

use crate::{
    Phase, Progress,
    model::Model,
    step::StepError,
    tables::{Definition, Stands},
};

/// What a rebuild has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rebuilt {
    /// Tenants whose logs were folded.
    pub tenants: usize,
    /// Positions that were gone through.
    pub events: u64,
    /// Rows that were loaded, without those that were caught up on.
    pub rows: u64,
}

/// Why a rebuild came to nothing. The table is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// No such read model is declared.
    #[error("there is no read model {name}, but: {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Another process is rebuilding it.
    #[error("{0} is being rebuilt by another process")]
    Busy(String),
    /// The sessions cannot see everything.
    #[error("the sessions of a rebuild must have the role tenantry_owner, this one has {0}")]
    Role(String),
    /// One connection holds the place while others read and write.
    #[error("a rebuild needs a pool of at least 2 connections")]
    Pool,
    /// Some rows cannot be written, and no projector has found out which event
    /// is to blame.
    #[error("rows of tenant {tenant} do not fit their table: {reason}")]
    Unfit {
        /// Whose rows.
        tenant: Ulid,
        /// What does not fit.
        reason: String,
    },
    /// The old table was never free for long enough to be replaced.
    #[error("{0} was in use all the time, the new table could not take its place")]
    InUse(String),
    /// The folding thread broke off.
    #[error("folding broke off: {0}")]
    Thread(#[from] tokio::task::JoinError),
    /// What a step, too, can fail of.
    #[error(transparent)]
    Step(#[from] StepError),
}

impl From<tokio_postgres::Error> for RebuildError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Step(error.into())
    }
}

impl From<PoolError> for RebuildError {
    fn from(error: PoolError) -> Self {
        Self::Step(error.into())
    }
}

/// How many tenants are loaded at the same time.
const WORKERS: usize = 2;

/// Fills the table of a read model anew and puts it in place.
///
/// The key ring needs a pool of its own: keys are looked up while the events
/// stream in.
///
/// The pool's sessions must have the role `tenantry_owner`; up to three of its
/// connections are used. `progress` is told about every few hundred events,
/// from any thread.
///
/// # Errors
/// When the read model is unknown or being rebuilt already, its rows do not
/// fit, or the database refuses. Readers have noticed nothing.
pub async fn rebuild(
    pool: &Pool,
    registry: &Arc<Registry>,
    ring: &Arc<KeyRing>,
    read_model: &str,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Rebuilt, RebuildError> {
    let unknown = || RebuildError::Unknown {
        name: read_model.to_owned(),
        known: registry.read_models().iter().map(|entry| entry.name).collect::<Vec<_>>().join(", "),
    };
    let model = Arc::new(Model::beside(registry, ring, read_model).ok_or_else(unknown)?);
    let workers = WORKERS.min(pool.status().max_size.saturating_sub(1));
    if workers == 0 {
        return Err(RebuildError::Pool);
    }
    // Taken out of the pool: whatever happens, the lock ends with it.
    let place = Object::take(pool.get().await?);
    claim(&place, &model.consumer).await?;
    let report = Arc::new(Report::new(&model, Box::new(progress)));
    let rebuild = Rebuild {
        pool: pool.clone(),
        registry: registry.clone(),
        ring: ring.clone(),
        definition: Definition::of(model.entry(), Stands::Beside),
        model: &model,
        report,
    };
    let result = rebuild.run(&place, workers).await;
    // The end of the session would do it too, but nobody knows when.
    let _ = place.query_one(include_str!("../sql/release.sql"), &[&model.consumer]).await;
    result
}

/// Sees to it that nobody else rebuilds the same.
async fn claim(place: &ClientWrapper, consumer: &str) -> Result<(), RebuildError> {
    let row = place.query_one(include_str!("../sql/claim.sql"), &[&consumer]).await?;
    let role: String = row.try_get(1)?;
    if role != "tenantry_owner" {
        return Err(RebuildError::Role(role));
    }
    if row.try_get(0)? { Ok(()) } else { Err(RebuildError::Busy(consumer.to_owned())) }
}

/// One rebuild.
struct Rebuild<'a> {
    pool: Pool,
    registry: Arc<Registry>,
    ring: Arc<KeyRing>,
    model: &'a Arc<Model>,
    definition: Definition<'a>,
    report: Arc<Report>,
}

/// How far the new table has come, by tenant.
type Positions = BTreeMap<Ulid, Reached>;

/// How far the new table has come in one tenant's log.
#[derive(Clone, Copy, Default)]
struct Reached {
    position: u64,
    /// How many erasures there were before anything was read: these are taken
    /// in. A projector sees to those that came later.
    erasures: u64,
}

impl Rebuild<'_> {
    async fn run(&self, place: &ClientWrapper, workers: usize) -> Result<Rebuilt, RebuildError> {
        place.batch_execute(&self.definition.drop()).await?;
        place.batch_execute(&self.definition.create()).await?;
        let heads = heads(place).await?;
        let total = heads.values().map(|head| head.position).sum();
        self.report.total.store(total, Ordering::Relaxed);
        let (mut positions, rows) = self.load(&heads, workers).await?;
        self.index(place).await?;
        self.catch_up(place, &mut positions).await?;
        self.swap(place, &mut positions).await?;
        let events = positions.values().map(|reached| reached.position).sum();
        Ok(Rebuilt { tenants: positions.len(), events, rows })
    }

    /// Where the new table begins in the log of a tenant of so many erasures.
    fn beginning(&self, tenant: Ulid, erasures: u64) -> Reached {
        if erasures > 0 {
            // Keys that are kept in memory may be of people erased since.
            self.ring.forget(tenant);
        }
        Reached { position: 0, erasures }
    }

    /// Builds what loading was better off without.
    async fn index(&self, place: &ClientWrapper) -> Result<(), RebuildError> {
        self.report.enter(Phase::Indexing);
        place.batch_execute("SET maintenance_work_mem = '256MB'").await?;
        for statement in self.definition.index() {
            place.batch_execute(&statement).await?;
        }
        place.batch_execute(&self.definition.comment()).await?;
        place.batch_execute(&self.definition.protect()).await?;
        place.batch_execute(&self.definition.analyze()).await?;
        Ok(())
    }
}

/// Where all logs end.
async fn heads(client: &ClientWrapper) -> Result<Positions, tokio_postgres::Error> {
    let sql = "SELECT tenant_id, position, erasures FROM log.heads";
    let statement = client.prepare_cached(sql).await?;
    let rows = client.query(&statement, &[]).await?;
    rows.iter().map(reached).collect()
}

/// Reads a tenant, a position, and how many erasures there were.
fn reached(row: &tokio_postgres::Row) -> Result<(Ulid, Reached), tokio_postgres::Error> {
    let tenant = ulid(row.try_get(0)?);
    let (position, erasures) = (unsigned(row.try_get(1)?), unsigned(row.try_get(2)?));
    Ok((tenant, Reached { position, erasures }))
}

/// Tells whoever asked, and whoever watches, how far it is.
struct Report {
    tell: Box<dyn Fn(Progress) + Send + Sync>,
    gauge: Gauge<f64>,
    projection: [KeyValue; 1],
    done: AtomicU64,
    total: AtomicU64,
}

impl Report {
    fn new(model: &Model, tell: Box<dyn Fn(Progress) + Send + Sync>) -> Self {
        Self {
            tell,
            gauge: telemetry::meter()
                .f64_gauge("projection_rebuild_progress")
                .with_description("How much of the log a rebuild has folded, 0 to 1.")
                .build(),
            projection: [KeyValue::new("projection", model.entry().name)],
            done: AtomicU64::new(0),
            total: AtomicU64::new(0),
        }
    }

    fn enter(&self, phase: Phase) {
        self.add(phase, 0);
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge may round")]
    fn add(&self, phase: Phase, events: u64) {
        let done = self.done.fetch_add(events, Ordering::Relaxed) + events;
        let total = self.total.load(Ordering::Relaxed).max(done);
        self.gauge.record(done as f64 / total.max(1) as f64, &self.projection);
        (self.tell)(Progress { phase, done, total });
    }
}
