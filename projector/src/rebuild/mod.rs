//! A read model's table, filled anew from the first event on.
//!
//! The new table stands beside the one that is read. It gets its rows without
//! indexes or policies in the way, then these, then what came in meanwhile;
//! then one short transaction puts it in the old one's place together with
//! its checkpoints. Readers see the old rows or the new ones, nothing between.
//! A version that has no table yet takes the place of what stands in for it, and
//! the table of the version before stays as it is.
//!
//! Projectors may run all the time. A rebuild that ends before its time, in
//! whatever way, leaves a table that nobody reads and a note of what is in it,
//! with which the next one goes on.

mod build;
mod catch_up;
mod load;
mod report;
mod swap;

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, atomic::Ordering},
};

use deadpool_postgres::{ClientWrapper, Object, Pool, PoolError};
use domain::kernel::Registry;
use event_store::{
    keys::KeyRing,
    pg::{ulid, unsigned},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use ulid::Ulid;

use crate::{
    Phase, Progress,
    model::Model,
    step::StepError,
    tables::{Definition, Index, Stands},
};
use build::{Build, TICK, indexes_of};
use report::Report;

/// What is to be rebuilt. The name of a read model is an order to go on with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildOrder<'a> {
    /// The read model.
    pub read_model: &'a str,
    /// Whether what an interrupted attempt has loaded is thrown away.
    pub anew: bool,
}

impl<'a> From<&'a str> for RebuildOrder<'a> {
    fn from(read_model: &'a str) -> Self {
        Self { read_model, anew: false }
    }
}

/// What a rebuild has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rebuilt {
    /// Tenants whose logs were folded.
    pub tenants: usize,
    /// Positions that were gone through.
    pub events: u64,
    /// Rows that were loaded, without those that were caught up on.
    pub rows: u64,
    /// Tenants whose rows an earlier attempt had loaded.
    pub resumed: usize,
}

/// Why a rebuild came to nothing. The table is as it was; what was loaded is
/// kept for the next attempt.
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
    /// No migration has heard of it.
    #[error("{0} is not known to this database; run `tenantry migrate` first")]
    Unregistered(String),
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
    /// The new version cannot take an event that readers have seen the effect of.
    #[error(
        "the event at position {position} of tenant {tenant} was folded by the version that \
         readers see, but not by this one: {reason}; mend the fold, and rebuild anew"
    )]
    Stuck {
        /// Whose event.
        tenant: Ulid,
        /// Its position.
        position: u64,
        /// Why it cannot be folded.
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
/// What an interrupted rebuild of the same read model has loaded is kept, unless
/// the order says otherwise. One that is paused waits.
///
/// The pool's sessions must have the role `tenantry_owner`; up to three of its
/// connections are used, and one more. `progress` is told about every few hundred events,
/// from any thread.
///
/// # Errors
/// When the read model is unknown or being rebuilt already, its rows do not
/// fit, or the database refuses. Readers have noticed nothing.
pub async fn rebuild(
    pool: &Pool,
    registry: &Arc<Registry>,
    ring: &Arc<KeyRing>,
    order: impl Into<RebuildOrder<'_>>,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Rebuilt, RebuildError> {
    Box::pin(build(pool, registry, ring, order.into(), progress)).await
}

async fn build(
    pool: &Pool,
    registry: &Arc<Registry>,
    ring: &Arc<KeyRing>,
    RebuildOrder { read_model, anew }: RebuildOrder<'_>,
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
    let report = Arc::new(Report::new(Box::new(progress)));
    let definition = Definition::of(model.entry(), Stands::Beside);
    let result = async {
        let known = "SELECT FROM log.read_tables WHERE consumer = $1";
        if place.query_opt(known, &[&model.consumer]).await?.is_none() {
            return Err(RebuildError::Unregistered(model.consumer.clone()));
        }
        let (build, done) = Build::begin(&place, &model.consumer, &definition, anew).await?;
        let (pool, registry, ring) = (pool.clone(), registry.clone(), ring.clone());
        let rebuild = Rebuild { pool, registry, ring, definition, model: &model, report, build };
        rebuild.run(&place, workers, done).await
    };
    let result = result.await;
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
    build: Build,
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
    async fn run(
        &self,
        place: &ClientWrapper,
        workers: usize,
        done: Positions,
    ) -> Result<Rebuilt, RebuildError> {
        let heads = heads(place).await?;
        let total = heads.values().map(|head| head.position).sum();
        self.report.begin(total);
        self.report.add(Phase::Folding, done.values().map(|reached| reached.position).sum());
        let resumed = done.len();
        let mut positions = done;
        let filling = async {
            // A table that says who may see it takes no COPY any more: tenants
            // that came later are caught up on like any other events.
            let (has_key, is_protected) = self.finished(place).await?;
            if !is_protected {
                self.load(&heads, &mut positions, workers).await?;
                self.index(place, workers, has_key).await?;
            }
            self.catch_up(place, &mut positions).await
        };
        self.watched(filling).await?;
        self.swap(place, &mut positions).await?;
        let events = positions.values().map(|reached| reached.position).sum();
        let rows = self.build.rows.load(Ordering::Relaxed);
        Ok(Rebuilt { tenants: positions.len(), events, rows, resumed })
    }

    /// Does its work, and tells meanwhile how far it is.
    async fn watched<T>(
        &self,
        work: impl Future<Output = Result<T, RebuildError>>,
    ) -> Result<T, RebuildError> {
        tokio::select! {
            done = work => done,
            told = self.keep_telling() => told.map(|never| match never {}),
        }
    }

    async fn keep_telling(&self) -> Result<Infallible, RebuildError> {
        loop {
            self.tell().await?;
            tokio::time::sleep(TICK).await;
        }
    }

    async fn tell(&self) -> Result<(), RebuildError> {
        let client = self.pool.get().await?;
        let (phase, done, total) = self.report.now();
        self.build.tell(&**client, phase, (done, total)).await?;
        if self.build.is_paused() {
            self.report.pause();
        }
        Ok(())
    }

    /// Where the new table begins in the log of a tenant of so many erasures.
    fn beginning(&self, tenant: Ulid, erasures: u64) -> Reached {
        if erasures > 0 {
            // Keys that are kept in memory may be of people erased since.
            self.ring.forget(tenant);
        }
        Reached { position: 0, erasures }
    }

    /// Builds what loading was better off without, as far as it is not there.
    async fn index(
        &self,
        place: &ClientWrapper,
        workers: usize,
        has_key: bool,
    ) -> Result<(), RebuildError> {
        self.report.enter(Phase::Indexing);
        let there = indexes_of(place, &self.definition.name()).await?;
        let indexes = self.definition.indexes().into_iter();
        let missing = indexes.filter(|index| !there.contains(&index.name));
        let created = stream::iter(missing.map(|index| self.create_index(index)));
        created.buffer_unordered(workers).try_collect::<Vec<()>>().await?;
        if !has_key {
            place.batch_execute(&self.definition.declare_key()).await?;
        }
        place.batch_execute(&self.definition.analyze()).await?;
        // One message, one transaction, and the last.
        let (comment, protect) = (self.definition.comment(), self.definition.protect());
        place.batch_execute(&[comment, protect].concat()).await?;
        Ok(())
    }

    /// Whether the table has its key, and says who may see it.
    async fn finished(&self, place: &ClientWrapper) -> Result<(bool, bool), RebuildError> {
        let sql = include_str!("../sql/finished.sql");
        let row = place.query_one(sql, &[&self.definition.name()]).await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }

    async fn create_index(&self, index: Index) -> Result<(), RebuildError> {
        let client = self.pool.get().await?;
        let memory = "SET LOCAL maintenance_work_mem = '256MB'";
        client.batch_execute(&format!("BEGIN; {memory}; {} COMMIT", index.create)).await?;
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
