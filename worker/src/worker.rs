//! A worker, one step at a time.

use std::{ops::AddAssign, sync::Arc};

use chrono::{DateTime, Utc};
use deadpool_postgres::Pool;
use domain::kernel::{ReactionEntry, Registry};
use event_store::pg::{Fence, Leases, ulid};
use event_store::{Commands, keys::KeyRing};
use futures_util::{StreamExt, stream};
use tokio::sync::OnceCell;
use ulid::Ulid;

use crate::{
    Clock, Settings, WorkerError,
    metrics::Metrics,
    pauses::{Failing, Pauses},
    registration::register,
};

/// Answers events and rings timers.
pub struct Worker {
    pub(crate) registry: Arc<Registry>,
    pub(crate) commands: Arc<Commands>,
    pub(crate) pool: Pool,
    /// What opens and seals personal data.
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    /// Under which name each reaction's place is kept.
    pub(crate) consumers: Vec<String>,
    pub(crate) pauses: Pauses,
    pub(crate) metrics: Metrics,
    pub(crate) leases: Option<Arc<Leases>>,
    registered: OnceCell<()>,
}

/// What a step brought about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Events that reactions have answered, each counted once per reaction.
    pub events: u64,
    /// Commands that were given by reactions.
    pub commands: u64,
    /// Timers that have rung.
    pub timers: u64,
    /// Whether there is more to do at once.
    pub more: bool,
}

impl Progress {
    /// Whether nothing happened.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.events == 0 && self.commands == 0 && self.timers == 0
    }
}

impl AddAssign for Progress {
    fn add_assign(&mut self, other: Self) {
        self.events += other.events;
        self.commands += other.commands;
        self.timers += other.timers;
        self.more |= other.more;
    }
}

impl Worker {
    /// A worker for everything that is declared. The pool's sessions have the
    /// role `tenantry_worker`. Keys are looked up while a
    /// transaction is open, so the key ring needs a pool of its own.
    #[must_use]
    pub fn new(
        registry: Arc<Registry>,
        commands: Arc<Commands>,
        pool: Pool,
        keys: Arc<KeyRing>,
        clock: Clock,
        settings: Settings,
    ) -> Self {
        Self {
            consumers: registry.reactions().iter().map(ReactionEntry::consumer).collect(),
            pauses: Pauses::new(settings.first_pause, settings.longest_pause),
            metrics: Metrics::new(),
            leases: None,
            registered: OnceCell::new(),
            registry,
            commands,
            pool,
            keys,
            clock,
            settings,
        }
    }

    /// Works on what it has under these leases alone, and writes only while it
    /// has it. [`run`](crate::run()) tends them; whoever steps does so himself.
    #[must_use]
    pub fn sharing(mut self, leases: Arc<Leases>) -> Self {
        self.leases = Some(leases);
        self
    }

    /// Serves every tenant once in which there is something to do.
    ///
    /// # Errors
    /// When the database cannot be asked which. What goes wrong with one tenant
    /// is its own affair: it is logged, and tried again later.
    pub async fn step(&self) -> Result<Progress, WorkerError> {
        let mut served = stream::iter(self.behind().await?)
            .map(|tenant| self.serve(tenant))
            .buffer_unordered(self.settings.tenants);
        let mut progress = Progress::default();
        while let Some(one) = served.next().await {
            progress += one;
        }
        Ok(progress)
    }

    /// Serves until there is nothing left that can be done now.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub async fn step_until_idle(&self) -> Result<Progress, WorkerError> {
        let mut all = Progress::default();
        loop {
            let progress = self.step().await?;
            all += progress;
            if progress.is_idle() {
                return Ok(all);
            }
        }
    }

    /// The tenants in which there is something to do.
    pub(crate) async fn behind(&self) -> Result<Vec<Ulid>, WorkerError> {
        self.registered.get_or_try_init(|| self.register()).await?;
        let now: DateTime<Utc> = (self.clock)().into();
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(include_str!("sql/behind.sql")).await?;
        let shards = self.leases.as_ref().map(|leases| leases.held().shards());
        let rows = client.query(&statement, &[&self.consumers, &now, &shards]).await?;
        let tenants = rows.iter().map(|row| Ok(ulid(row.try_get(0)?)));
        tenants.collect()
    }

    async fn register(&self) -> Result<(), WorkerError> {
        let mut client = self.pool.get().await?;
        register(&mut client, &self.registry).await?;
        Ok(())
    }

    /// Gives a tenant its turn: a stretch of its log, then its timers, so that
    /// what has happened already can still cancel them.
    pub(crate) async fn serve(&self, tenant: Ulid) -> Progress {
        let failing = Failing::Tenant(tenant);
        if self.pauses.holds(&failing) {
            return Progress::default();
        }
        match self.turn(tenant).await {
            Ok(progress) => {
                self.pauses.over(&failing);
                progress
            }
            Err(error) => {
                let attempts = self.pauses.failed(failing);
                tracing::warn!(%error, tenant.id = %tenant, attempts, "a tenant must wait");
                Progress::default()
            }
        }
    }

    async fn turn(&self, tenant: Ulid) -> Result<Progress, WorkerError> {
        let Some(fence) = self.fence(tenant) else { return Ok(Progress::default()) };
        let mut progress = self.react(tenant, &fence).await?;
        progress += self.ring(tenant, &fence).await?;
        Ok(progress)
    }

    /// What fences the work that begins now on a tenant. Nothing if it is
    /// another worker's.
    pub(crate) fn fence(&self, tenant: Ulid) -> Option<Fence> {
        let Some(leases) = &self.leases else { return Some(Fence::default()) };
        let held = leases.held();
        held.holds(tenant).then(|| leases.fence(&held))
    }

    /// Measures what lies before the reactions and the timers.
    pub(crate) async fn measure(&self) -> Result<(), WorkerError> {
        let now: DateTime<Utc> = (self.clock)().into();
        let client = self.pool.get().await?;
        let depth = client.prepare_cached(include_str!("sql/depth.sql")).await?;
        let rows = client.query(&depth, &[&self.consumers]).await?;
        let due =
            client.prepare_cached("SELECT count(*) FROM log.timers WHERE due_at <= $1").await?;
        let due: i64 = client.query_one(&due, &[&now]).await?.try_get(0)?;
        let mut depths = vec![];
        for row in &rows {
            let depth: i64 = row.try_get(1)?;
            depths.push((row.try_get(0)?, u64::try_from(depth).unwrap_or(0)));
        }
        self.metrics.depths(depths.into_iter(), u64::try_from(due).unwrap_or(0));
        Ok(())
    }
}
