//! One pass over the log for all read models.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use deadpool_postgres::{ClientWrapper, Pool};
use domain::kernel::{ReadModelEntry, Registry};
use event_store::{
    keys::KeyRing,
    pg::{Channel, Leases, Signals},
};
use ulid::Ulid;

use crate::{
    Settings, StepError, Stepped,
    building::Building,
    fencing::Fencing,
    fold::Job,
    kept::Kept,
    lag::Measures,
    model::Model,
    pace::Pace,
    quarantine::{self, Found},
    refold::Refolds,
    session,
    standing::{self, Looking, Standing, Whose},
    tables::fingerprint,
};

/// How often builds and quarantined streams are measured.
const MEASURE: Duration = Duration::from_secs(5);

/// Folds the log into the tables of all read models.
///
/// For each tenant, read models that stand at the same position advance
/// together: the events are read and decoded once, folded in memory, and the
/// rows of all of them written in the transaction that moves their
/// checkpoints. Any number of projectors may run at the same time: they share
/// the tenants by [leases](Projector::sharing), and what one has written, no
/// other writes again.
pub struct Projector {
    pub(crate) pool: Pool,
    pub(crate) registry: Arc<Registry>,
    /// What opens and seals personal data.
    pub(crate) ring: Arc<KeyRing>,
    pub(crate) settings: Settings,
    pub(crate) signals: Option<Signals>,
    pub(crate) fencing: Fencing,
    pub(crate) pace: Pace,
    pub(crate) kept: Kept,
    pub(crate) measures: Measures,
    building: Building,
    pub(crate) refolds: Refolds,
    pub(crate) models: Vec<[Arc<Model>; 2]>,
    /// Those whose tables have been seen.
    pub(crate) live: Vec<Arc<Model>>,
    started: DateTime<Utc>,
    /// When builds and quarantined streams were last measured.
    measured: Option<Instant>,
    /// Consumers whose quarantined streams this program has tried, or found.
    tried: HashSet<(Ulid, usize)>,
}

/// The group of processes that a projector shares the tenants with: those that
/// keep the same tables. A program that knows other versions of read models
/// serves all tenants, too, as long as it runs beside this one; what both keep
/// is written by whoever comes first.
#[must_use]
pub fn lease_group(registry: &Registry) -> String {
    let mut tables: Vec<String> =
        registry.projected().iter().map(ReadModelEntry::table_name).collect();
    tables.sort_unstable();
    format!("projectors-{:016x}", fingerprint(&tables.join(" ")))
}

impl Projector {
    /// A projector for all declared read models, over a pool whose sessions
    /// have the role `tenantry_projector`. It looks up keys while it holds a
    /// connection, so the key ring needs a pool of its own.
    #[must_use]
    pub fn new(
        pool: Pool,
        registry: Arc<Registry>,
        ring: Arc<KeyRing>,
        settings: Settings,
    ) -> Self {
        let models = Model::all(&registry, &ring);
        Self {
            refolds: Refolds::default(),
            ring,
            kept: Kept::new(settings.kept_rows),
            pace: Pace::of(&settings),
            measures: Measures::new(&models, settings.labels),
            building: Building::observed(),
            pool,
            registry,
            settings,
            signals: None,
            fencing: Fencing::default(),
            models,
            live: vec![],
            started: Utc::now(),
            measured: None,
            tried: HashSet::new(),
        }
    }

    /// Tells others what has become visible, as hints on
    /// [`Channel::Read`].
    #[must_use]
    pub fn announcing(mut self, signals: Signals) -> Self {
        self.signals = Some(signals);
        self
    }

    /// Works on what it has under these leases alone, and writes only while it
    /// has it. [`run`](crate::run()) tends them; whoever steps does so himself.
    #[must_use]
    pub fn sharing(mut self, leases: Arc<Leases>) -> Self {
        self.fencing = Fencing::under(leases);
        self
    }

    /// Takes one batch of every tenant that has something new.
    ///
    /// # Errors
    /// When the database cannot be reached or refuses.
    pub async fn step(&mut self) -> Result<Stepped, StepError> {
        let mut waiting = self.tenants_behind().await?;
        let mut stepped = Stepped::default();
        while !waiting.is_empty() {
            let rest = waiting.split_off(waiting.len().min(self.settings.tenants.max(1)));
            let turn = self.turn(&waiting).await?;
            stepped += turn.stepped;
            waiting = turn.left;
            waiting.extend(rest);
        }
        Ok(stepped)
    }

    /// Takes batches until no read model gets any further.
    ///
    /// # Errors
    /// When the database cannot be reached or refuses.
    pub async fn step_until_idle(&mut self) -> Result<Stepped, StepError> {
        let mut total = Stepped::default();
        loop {
            let stepped = self.step().await?;
            let idle = stepped.moved == 0 && stepped.lost == 0 && stepped.refolded == 0;
            total += stepped;
            if idle {
                return Ok(total);
            }
        }
    }

    /// The tenants in which some read model has something to do.
    pub(crate) async fn tenants_behind(&mut self) -> Result<Vec<Ulid>, StepError> {
        let client = self.pool.get().await?;
        // Tables come with a newer program's migration, and are moved by whoever
        // goes from one version to another, even while this one runs.
        self.live = Model::standing(&client, &self.models).await?;
        self.fencing.begin();
        self.measure(&client).await;
        let standings = self.look(&client, None).await?;
        let mut tenants: Vec<Ulid> =
            standings.into_iter().map(|standing| standing.tenant).collect();
        tenants.dedup();
        Ok(tenants)
    }

    /// Measures what nobody waits for, now and then.
    async fn measure(&mut self, client: &ClientWrapper) {
        if self.measured.is_some_and(|at| at.elapsed() < MEASURE) {
            return;
        }
        self.measured = Some(Instant::now());
        let measured = async {
            self.building.look(client).await?;
            quarantine::measure(client, &self.live, self.fencing.shards()).await
        };
        if let Err(error) = measured.await {
            let error = session::reason(&error);
            tracing::warn!(error, "cannot measure builds and quarantined streams");
        }
    }

    /// Hints at what has become visible, and up to which position.
    pub(crate) fn announce(&self, visible: BTreeMap<Ulid, u64>) {
        if let Some(signals) = &self.signals {
            let hints = visible.into_iter().map(|(tenant, position)| {
                Arc::from(format!("{}:{position}", event_store::pg::uuid(tenant)))
            });
            signals.send(Channel::Read, hints);
        }
    }

    /// Finds who is behind and may be tried now.
    pub(crate) async fn look(
        &self,
        client: &ClientWrapper,
        tenants: Option<&[Ulid]>,
    ) -> Result<Vec<Standing>, StepError> {
        let looking = Looking {
            consumers: self.live.iter().map(|model| &*model.consumer).collect(),
            read_models: self.live.iter().map(|model| model.entry().name).collect(),
            first_wait: self.settings.first_wait.as_secs_f64(),
            longest_wait: self.settings.longest_wait.as_secs_f64(),
        };
        let whose = match tenants {
            Some(tenants) => Whose::Of(tenants),
            None => Whose::All(self.fencing.shards()),
        };
        let fence = self.fencing.fence();
        let mut standings = standing::behind(client, &looking, whose, fence).await?;
        self.measures.found(&standings, &self.live, tenants.is_none());
        standings.retain(|standing| self.is_due(standing) || self.tries_again(standing));
        Ok(standings)
    }

    /// Whether quarantined streams are to be tried again now. What an earlier
    /// program has set apart is tried at once: this one may be able to. By
    /// itself a program does so where it has nothing else to do.
    pub(crate) fn tries_again(&self, standing: &Standing) -> bool {
        let Some(waiting) = standing.waiting.filter(|_| standing.since.is_some()) else {
            return false;
        };
        let model = self.live.get(standing.consumer);
        let is_new = model.is_some_and(|it| !self.tried.contains(&(standing.tenant, it.place)));
        let is_idle = standing.position == standing.head || self.refolds.is_at(standing.tenant);
        waiting.asked || (is_idle && (is_new || waiting.due))
    }

    /// Remembers that this program has tried a consumer's quarantined streams.
    pub(crate) fn has_tried(&mut self, tenant: Ulid, model: &Model) {
        self.tried.insert((tenant, model.place));
    }

    /// Takes in that streams cannot be folded, and says so.
    pub(crate) fn set_apart(&mut self, job: &Job, found: &[Found]) {
        let tenant = job.stretch.tenant;
        for Found { origin, position, error } in found {
            self.has_tried(tenant, &job.model);
            self.measures.failed(&job.model);
            tracing::error!(
                read_model = job.model.entry().name,
                tenant.id = %tenant,
                stream = %origin.stream,
                stream_type = origin.stream_type,
                position,
                error,
                "a stream is quarantined: this event of it cannot be folded"
            );
        }
    }

    /// A failure of an earlier program is tried again at once: this one may
    /// be the one that can.
    fn is_due(&self, standing: &Standing) -> bool {
        if standing.position == standing.head && !standing.remembers() {
            return false;
        }
        // Whoever stands still before an event takes in erasures all the same.
        let Some(failure) = standing.failure.as_ref().filter(|_| !standing.remembers()) else {
            return standing.since.is_some();
        };
        let doublings = failure.attempts.saturating_sub(1).min(20);
        let wait = self.settings.first_wait.saturating_mul(1 << doublings);
        let wait = wait.min(self.settings.longest_wait);
        let waited = (Utc::now() - failure.failed_at).to_std().unwrap_or_default();
        standing.since.is_some() && (failure.failed_at < self.started || waited >= wait)
    }
}
