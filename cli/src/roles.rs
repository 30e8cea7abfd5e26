//! Starts roles in this process, and ends them in the right order.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use command_api::{CommandApi, PgReadModels};
use domain::kernel::{Domain, Registry};
use event_store::{
    CommandSettings, Commands, Limits, Log, PgLog, Subscription,
    cold::{Cold, Cooler, Segments},
    history::History,
    integrity::{Keyring, Sealer},
    keys::KeyRing,
    pg::{CommitSettings, Leases, PgLogSettings, Signals},
};
use service::{
    auth::{Key, Verifier},
    config::Config,
    database::{Database, DatabaseRole},
    health::Health,
    http,
    integrity::keyring,
    shutdown::Shutdown,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{keys, options::Role};

/// The roles of this process.
pub(crate) struct Running {
    /// What takes work in from outside or from the log; ends with `shutdown`.
    working: JoinSet<Result<()>>,
    shutdown: Shutdown,
    /// What the others work with; ends after them.
    plumbing: CancellationToken,
    /// Where commands are taken.
    pub(crate) command_api: Option<SocketAddr>,
    /// Where queries are answered.
    pub(crate) query_api: Option<SocketAddr>,
}

/// How the configuration wants the log.
pub(crate) fn log_settings(config: &Config, history: &History) -> Result<PgLogSettings> {
    Ok(PgLogSettings {
        commit: CommitSettings {
            flushers: config.log.flushers,
            batch: config.log.max_batch,
            tenant_batch: config.log.max_tenant_batch,
            batch_bytes: config.log.max_batch_bytes,
            queue: config.log.queue_limit,
            tenant_queue: config.log.tenant_queue_limit,
            queue_bytes: config.log.max_queue_bytes,
            patience: config.log.append_timeout,
        },
        limits: Limits {
            events: config.log.max_events_per_append,
            event_bytes: config.log.max_event_bytes,
            append_bytes: config.log.max_append_bytes,
            group: config.log.max_group,
        },
        poll: config.log.poll_interval,
        keys: keys::backend(config)?,
        history: history.clone(),
    })
}

/// How a process of this configuration reads events back. One serves all roles
/// of a process: it keeps in memory what it has fetched.
pub(crate) fn history(config: &Config) -> Result<History> {
    if config.cold.place.is_empty() {
        return Ok(History::default());
    }
    Ok(History::with_cold(Cold::open(&config.cold.place, config.cold.cache_bytes)?))
}

/// How the configuration wants commands to be run by a role.
pub(crate) fn command_settings(config: &Config, role: &'static str) -> CommandSettings {
    CommandSettings {
        role,
        cache_bytes: config.log.cache_bytes,
        snapshot_events: config.log.snapshot_events,
        snapshot_gain: config.log.snapshot_gain,
    }
}

/// Hints over a connection of a database's kind; where none can listen, within
/// this process alone.
pub(crate) fn signals(config: &Config, database: &Database, end: &CancellationToken) -> Signals {
    let Some(listening) = database.listening() else {
        tracing::warn!(
            "no wake-ups through a pooler: the log is polled every {} ms; \
             set database.direct_url for a connection that can LISTEN",
            config.log.poll_interval.as_millis()
        );
        return Signals::silent();
    };
    Signals::start(listening.clone(), config.log.notify_interval, end.clone())
}

/// Connections by which a role looks up keys of personal data: it may do so
/// while it holds all of its others.
const KEY_CONNECTIONS: usize = 2;

/// Connections by which a projector puts moments of the past into tables: one
/// reads while the other writes.
const PAST_CONNECTIONS: usize = 2;

/// Connections by which events are moved: one reads while another registers.
pub(crate) const COLD_CONNECTIONS: usize = 2;

/// How large segments are to be.
pub(crate) fn segments(config: &Config) -> Segments {
    Segments { least: config.cold.least_events, ..Segments::default() }
}

/// The keys of personal data, as a role reads them.
pub(crate) async fn key_ring(
    config: &Config,
    role: DatabaseRole,
    history: &History,
) -> Result<Arc<KeyRing>> {
    let database = Database::connect(&config.database, role, KEY_CONNECTIONS).await?;
    let ring = KeyRing::new(database.raw().clone(), keys::backend(config)?);
    Ok(Arc::new(ring.with_history(history.clone())))
}

/// Starts one role after the other.
struct Starting<'a> {
    config: &'a Config,
    registry: &'a Arc<Registry>,
    shutdown: &'a Shutdown,
    plumbing: CancellationToken,
    /// One connection for hints serves all roles of a process.
    signals: Option<Signals>,
    history: History,
    health: Health,
}

impl Starting<'_> {
    /// The connections of a role, watched by the process's health.
    async fn database(&mut self, role: DatabaseRole, connections: usize) -> Result<Database> {
        let database = Database::connect(&self.config.database, role, connections).await?;
        let watched = database.clone();
        let check = move || {
            let database = watched.clone();
            async move { database.ping().await }
        };
        self.health = std::mem::take(&mut self.health).check(role.name(), check);
        Ok(database)
    }

    fn signals(&mut self, database: &Database) -> Signals {
        let (config, plumbing) = (self.config, &self.plumbing);
        self.signals.get_or_insert_with(|| signals(config, database, plumbing)).clone()
    }

    async fn keys(&mut self, database: &Database) -> Result<Arc<KeyRing>> {
        let ring = key_ring(self.config, database.role(), &self.history).await?;
        let kept = Arc::downgrade(&ring);
        self.signals(database)
            .on_erasure(move |tenant| kept.upgrade().map(|ring| ring.forget(tenant)).is_some());
        Ok(ring)
    }

    fn log(&mut self, database: &Database) -> Result<Arc<PgLog>> {
        let signals = self.signals(database);
        let pool = database.raw().clone();
        let settings = log_settings(self.config, &self.history)?;
        Ok(PgLog::start(pool, &signals, &settings, &self.plumbing))
    }

    /// What one group of processes shares with others of its kind.
    fn leases(
        &mut self,
        database: &Database,
        consumers: &'static str,
        term: Duration,
    ) -> Arc<Leases> {
        let signals = self.signals(database);
        Arc::new(Leases::new(database.raw().clone(), consumers, term, signals))
    }

    /// The command path of a role, which forgets whoever is erased.
    fn commands<D: Domain>(
        &mut self,
        log: Arc<PgLog>,
        database: &Database,
        role: &'static str,
    ) -> Arc<Commands> {
        let settings = command_settings(self.config, role);
        let commands = Commands::with::<D>(log, &settings);
        let remembering = Arc::downgrade(&commands);
        self.signals(database).on_erasure(move |tenant| {
            remembering.upgrade().map(|commands| commands.forget(tenant)).is_some()
        });
        commands
    }
}

impl Running {
    /// Starts these roles against the configured database.
    pub(crate) async fn start<D: Domain>(
        config: &Config,
        registry: &Arc<Registry>,
        roles: &[Role],
        shutdown: &Shutdown,
    ) -> Result<Self> {
        let mut starting = Starting {
            config,
            registry,
            shutdown,
            plumbing: CancellationToken::new(),
            signals: None,
            history: history(config)?,
            health: Health::new(shutdown),
        };
        let mut running = Self {
            working: JoinSet::new(),
            shutdown: shutdown.clone(),
            plumbing: starting.plumbing.clone(),
            command_api: None,
            query_api: None,
        };
        let started = running.start_all::<D>(&mut starting, roles).await;
        if started.is_err() {
            running.plumbing.cancel();
        }
        started.map(|()| running)
    }

    async fn start_all<D: Domain>(
        &mut self,
        starting: &mut Starting<'_>,
        roles: &[Role],
    ) -> Result<()> {
        let has = |role| roles.contains(&role);
        // Those that answer /readyz come last, so that they ask for all.
        if has(Role::Projector) {
            self.projector(starting).await?;
        }
        if has(Role::Worker) {
            self.worker::<D>(starting).await?;
        }
        if has(Role::QueryApi) {
            self.query_api(starting).await?;
        }
        if has(Role::CommandApi) {
            self.command_api::<D>(starting).await?;
        }
        let silent = self.command_api.is_none() && self.query_api.is_none();
        if silent && !starting.config.telemetry.metrics_listen.is_empty() {
            self.health(starting)?;
        }
        Ok(())
    }

    async fn projector(&mut self, starting: &mut Starting<'_>) -> Result<()> {
        let connections = starting.config.database.projector_connections;
        let database = starting.database(DatabaseRole::Projector, connections).await?;
        let subscription = starting.log(&database)?.subscribe();
        let config = starting.config.projector.clone();
        let settings = projector::Settings {
            batch: config.batch as u64,
            labels: starting.config.telemetry.tenant_labels,
            ..projector::Settings::default()
        };
        let keys = starting.keys(&database).await?;
        let (pool, registry) = (database.raw().clone(), starting.registry.clone());
        // A process has one for as long as it lives.
        let group = projector::lease_group(&registry).leak();
        let projector = projector::Projector::new(pool, registry, keys, settings)
            .announcing(starting.signals(&database))
            .sharing(starting.leases(&database, group, config.lease));
        let end = starting.shutdown.token().clone();
        self.working.spawn(async move {
            projector::run(projector, subscription, end).await;
            Ok(())
        });
        self.pasts(starting).await
    }

    /// Fills tables of the past, beside the projector and over connections of
    /// its own: it keeps them for long.
    async fn pasts(&mut self, starting: &mut Starting<'_>) -> Result<()> {
        let database = &starting.config.database;
        let database = Database::connect(database, DatabaseRole::Projector, PAST_CONNECTIONS);
        let pool = database.await?.raw().clone();
        let keys = key_ring(starting.config, DatabaseRole::Projector, &starting.history).await?;
        let pasts = projector::Pasts::new(pool, starting.registry.clone(), keys);
        let end = starting.shutdown.token().clone();
        self.working.spawn(async move {
            pasts.run(end).await;
            Ok(())
        });
        Ok(())
    }

    async fn worker<D: Domain>(&mut self, starting: &mut Starting<'_>) -> Result<()> {
        let connections = starting.config.database.worker_connections;
        let database = starting.database(DatabaseRole::Worker, connections).await?;
        let log = starting.log(&database)?;
        let worker = worker::Worker::new(
            starting.registry.clone(),
            starting.commands::<D>(log.clone(), &database, "worker"),
            database.raw().clone(),
            starting.keys(&database).await?,
            Arc::new(service::now),
            worker::Settings::from(&starting.config.worker),
        )
        .sharing(starting.leases(&database, "workers", starting.config.worker.lease));
        let keyring = self.sealer(starting, &database, log.subscribe())?;
        self.cooler(starting, keyring).await?;
        let shutdown = starting.shutdown.clone();
        self.working.spawn(async move {
            worker::run(Arc::new(worker), shutdown).await;
            Ok(())
        });
        Ok(())
    }

    /// Seals the logs, beside the worker.
    fn sealer(
        &mut self,
        starting: &Starting<'_>,
        database: &Database,
        wakes: Subscription,
    ) -> Result<Option<Keyring>> {
        let config = starting.config;
        let Some(keyring) = keyring(&config.integrity)? else {
            tracing::warn!("logs are not sealed: integrity.signing_key_file is not set");
            return Ok(None);
        };
        let pool = database.raw().clone();
        let sealer = Sealer::new(pool.clone(), keyring.clone());
        let sealing = worker::Sealing {
            interval: config.integrity.seal_interval,
            labels: config.telemetry.tenant_labels,
        };
        let shutdown = starting.shutdown.clone();
        self.working.spawn(async move {
            worker::seal(sealer, pool, wakes, sealing, shutdown).await;
            Ok(())
        });
        Ok(Some(keyring))
    }

    /// Moves old events into cold storage, beside the worker, where that is
    /// asked for.
    async fn cooler(
        &mut self,
        starting: &mut Starting<'_>,
        keyring: Option<Keyring>,
    ) -> Result<()> {
        let cold = &starting.config.cold;
        if cold.after_days == 0 {
            return Ok(());
        }
        if cold.place.is_empty() {
            anyhow::bail!(
                "cold.after_days is {}, but there is no place: name a folder or a URL in cold.place",
                cold.after_days
            );
        }
        let Some(keyring) = keyring else {
            anyhow::bail!(
                "cold.after_days is {}, but only sealed events can be moved, and nothing is sealed \
                 here: name the key that signs checkpoints in integrity.signing_key_file",
                cold.after_days
            );
        };
        let cooling = worker::Cooling { after: Duration::from_hours(24) * cold.after_days };
        let segments = segments(starting.config);
        let database = starting.database(DatabaseRole::Cold, COLD_CONNECTIONS).await?;
        let pool = database.raw().clone();
        let cooler = Cooler::new(pool, keyring, starting.history.clone(), segments);
        let shutdown = starting.shutdown.clone();
        self.working.spawn(async move {
            worker::cool(cooler, cooling, shutdown).await;
            Ok(())
        });
        Ok(())
    }

    async fn query_api(&mut self, starting: &mut Starting<'_>) -> Result<()> {
        let connections = starting.config.database.query_connections;
        let database = starting.database(DatabaseRole::Query, connections).await?;
        let listener = http::bind(&starting.config.query_api.listen)?;
        self.query_api = Some(listener.address());
        let resources = query_api::Resources {
            registry: starting.registry.clone(),
            keys: starting.keys(&database).await?,
            signals: starting.signals(&database),
            database,
            verifier: verifier(starting.config)?,
            keyring: keyring(&starting.config.integrity)?,
        };
        let (config, shutdown) = (starting.config.clone(), starting.shutdown.clone());
        self.working.spawn(async move {
            Ok(query_api::run(listener, &config, resources, &shutdown).await?)
        });
        Ok(())
    }

    async fn command_api<D: Domain>(&mut self, starting: &mut Starting<'_>) -> Result<()> {
        let connections = starting.config.database.command_connections;
        let database = starting.database(DatabaseRole::Command, connections).await?;
        let listener = http::bind(&starting.config.command_api.listen)?;
        self.command_api = Some(listener.address());
        let log = starting.log(&database)?;
        let commands = starting.commands::<D>(log, &database, "command-api");
        let signals = starting.signals(&database);
        let read_models = PgReadModels::new(starting.registry, database.raw().clone(), signals);
        let api = CommandApi::new(
            starting.registry.clone(),
            commands,
            Some(read_models),
            (verifier(starting.config)?, starting.health.clone()),
            &starting.config.command_api,
        )?;
        let (config, shutdown) = (starting.config.clone(), starting.shutdown.clone());
        self.working
            .spawn(async move { Ok(command_api::run(api, listener, &config, &shutdown).await?) });
        Ok(())
    }

    fn health(&mut self, starting: &Starting<'_>) -> Result<()> {
        let listener = http::bind(&starting.config.telemetry.metrics_listen)?;
        let health = starting.health.clone();
        let server = http::Server {
            limits: http::Limits::from(&starting.config.query_api),
            threads: 1,
            grace: starting.config.shutdown.grace,
        };
        let shutdown = starting.shutdown.clone();
        self.working.spawn(async move {
            http::serve(listener, server, &shutdown, move |config| health.routes(config)).await?;
            Ok(())
        });
        Ok(())
    }

    /// Waits until the end begins, or a role ends by itself, which ends all.
    pub(crate) async fn end(mut self) -> Result<()> {
        let mut outcome = Ok(());
        while let Some(ended) = self.working.join_next().await {
            self.shutdown.begin();
            let ended = ended.map_err(io::Error::other).context("a role broke off");
            outcome = outcome.and(ended.and_then(|ended| ended));
        }
        self.plumbing.cancel();
        outcome
    }
}

/// Verifies tokens with the configured key.
fn verifier(config: &Config) -> Result<Verifier> {
    Ok(Verifier::new(&Key::open(Path::new(&config.auth.signing_key_file))?, &config.auth))
}
