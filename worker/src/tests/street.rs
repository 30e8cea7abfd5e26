//! A database of its own for each test, with a log, and what there is to do
//! with it.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use domain::kernel::{Actor, Aggregate, Domain, Id, Registry, Timestamp};
use event_store::{
    AppendError, Commands, GroupError, Log, Order, PgLog, StoredEvent, decode,
    keys::{Erasure, KeyRing, MasterKeys, erase},
    pg::{Leases, PgLogSettings, Signals, migrate, provision, uuid},
    testing::Intercept,
};
use service::postgres::{Options, Postgres, PostgresError};
use tokio_postgres::{Client, Config, NoTls};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::toy::{Call, CallOut, Caller, CallerCommand, Listener, ListenerEvent};
use crate::{Settings, Worker};

const SCHEMA: &str = include_str!("../../../schema.sql");

/// A database, its log, and the time.
pub(super) struct Street {
    server: Postgres,
    /// The database, where the server is shared.
    name: Option<String>,
    url: String,
    pub(super) log: Arc<Flaky>,
    pub(super) time: Arc<AtomicI64>,
    /// The owner of everything.
    pub(super) owner: Client,
    master: Arc<MasterKeys>,
    shutdown: CancellationToken,
}

/// The time at which all tests begin.
pub(super) const NOW: Timestamp = Timestamp::from_micros(1_768_467_600_000_000);

impl Street {
    /// On a server that all tests share.
    pub(super) async fn new() -> Self {
        let folder = std::env::temp_dir().join("tenantry-worker-tests");
        let server = tokio::task::spawn_blocking(|| Options::new(folder).throwaway().share());
        let server = server.await.unwrap().unwrap();
        let mut hasher = DefaultHasher::new();
        SCHEMA.hash(&mut hasher);
        let template = format!("street_{:016x}", hasher.finish());
        server.ensure_database(&template, fill).await.unwrap();
        let name = format!("street_{}", Ulid::generate().to_string().to_lowercase());
        let url = server.create_database(&name, Some(&template)).await.unwrap();
        Self::on(server, Some(name), url).await
    }

    /// On a server of its own, which may be killed.
    pub(super) async fn alone(folder: &Path) -> Self {
        // What is acknowledged must survive.
        let options = Options::new(folder).throwaway().set("synchronous_commit", "on");
        let server = tokio::task::spawn_blocking(|| options.start()).await.unwrap().unwrap();
        let url = server.url();
        fill(url.clone()).await.unwrap();
        Self::on(server, None, url).await
    }

    async fn on(server: Postgres, name: Option<String>, url: String) -> Self {
        let shutdown = CancellationToken::new();
        let pool = pool(&url, "tenantry_worker");
        let signals =
            Signals::start(url.parse().unwrap(), Duration::from_millis(1), shutdown.clone());
        let master = Arc::new(MasterKeys::ephemeral().unwrap());
        let settings = PgLogSettings { keys: master.clone(), ..PgLogSettings::default() };
        let log = PgLog::start(pool, &signals, &settings, &shutdown);
        Self {
            owner: connect(&url).await,
            server,
            name,
            url,
            log: Arc::new(Flaky { log, fails: AtomicU32::new(0) }),
            time: Arc::new(AtomicI64::new(NOW.micros())),
            master,
            shutdown,
        }
    }

    /// Kills the server and starts it again.
    pub(super) async fn crash(&mut self) {
        let pid = self.server.pid().unwrap().to_string();
        std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
        self.server.ended().await;
        tokio::task::block_in_place(|| self.server.restart()).unwrap();
        self.owner = connect(&self.url).await;
    }

    /// A worker of a domain with connections of its own.
    pub(super) fn worker<D: Domain>(&self) -> Worker {
        self.worker_with::<D>(Settings {
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(5),
            ..Settings::default()
        })
    }

    pub(super) fn worker_with<D: Domain>(&self, settings: Settings) -> Worker {
        let registry = Arc::new(Registry::of::<D>().unwrap());
        let time = self.time.clone();
        Worker::new(
            registry,
            Commands::new::<D>(self.log.clone()),
            pool(&self.url, "tenantry_worker"),
            self.keys(),
            Arc::new(move || Timestamp::from_micros(time.load(Ordering::SeqCst))),
            settings,
        )
    }

    /// The leases of a worker of its own, which end only when they are given
    /// back.
    pub(super) fn leases(&self) -> Arc<Leases> {
        let pool = pool(&self.url, "tenantry_worker");
        let term = Duration::from_mins(30);
        Arc::new(Leases::new(pool, "workers", term, Signals::silent()))
    }

    /// Keys as a process of its own has them.
    pub(super) fn keys(&self) -> Arc<KeyRing> {
        Arc::new(KeyRing::new(pool(&self.url, "tenantry_worker"), self.master.clone()))
    }

    /// Forgets a person.
    pub(super) async fn erase(&self, tenant: Ulid, subject: Ulid) {
        let mut client = connect(&self.url).await;
        let registry = Registry::of::<super::toy::Silent>().unwrap();
        let (actor, reason) = ("user:thandi".to_owned(), "asked to".to_owned());
        let erasure = Erasure { tenant, subject, actor, reason };
        let ring = KeyRing::new(pool(&self.url, "tenantry_owner"), self.master.clone());
        erase(&mut client, &registry, &ring, &erasure).await.unwrap();
    }

    pub(super) async fn tenant(&self) -> Ulid {
        let tenant = Ulid::generate();
        self.owner.batch_execute("SET ROLE tenantry_owner").await.unwrap();
        provision(&self.owner, tenant, "somebody").await.unwrap();
        tenant
    }

    /// Lets so many seconds pass.
    pub(super) fn pass(&self, seconds: i64) {
        self.time.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// Somebody calls at [`NOW`].
    pub(super) async fn call(&self, tenant: Ulid, caller: Id<Caller>, calls: Vec<Call>) -> Ulid {
        let command = CallerCommand::Call(CallOut { calls });
        let correlation_id = Ulid::generate();
        let order = Order {
            correlation_id,
            ..Order::new(
                Ulid::generate(),
                tenant,
                ("caller", caller.ulid()),
                serde_json::to_vec(&command).unwrap(),
                (Actor::system("test"), NOW),
            )
        };
        let log: Arc<dyn Log> = self.log.log.clone();
        Commands::new::<super::toy::Silent>(log).execute(order).await.unwrap();
        correlation_id
    }

    /// All events of a tenant.
    pub(super) async fn events(&self, tenant: Ulid) -> Vec<StoredEvent> {
        self.log.log.read_tenant(tenant, 0, 1_000_000).await.unwrap()
    }

    /// What a listener has heard, and when.
    pub(super) async fn heard_at(
        &self,
        tenant: Ulid,
        listener: Id<Listener>,
    ) -> Vec<(String, Timestamp)> {
        let registry = Registry::of::<super::toy::Silent>().unwrap();
        let events = self.log.log.read_stream(tenant, listener.ulid(), 0, 1_000_000).await.unwrap();
        let heard = events.into_iter().map(|stored| {
            let event = decode(&registry, stored).unwrap();
            let ListenerEvent::Heard { word, at } = &event.of::<Listener>().unwrap().event;
            (word.clone(), *at)
        });
        heard.collect()
    }

    pub(super) async fn heard(&self, tenant: Ulid, listener: Id<Listener>) -> Vec<String> {
        self.heard_at(tenant, listener).await.into_iter().map(|(word, _)| word).collect()
    }

    /// How far a reaction has come, if it has begun.
    pub(super) async fn position(&self, tenant: Ulid, reaction: &str) -> Option<i64> {
        let sql = "SELECT position FROM log.checkpoints WHERE tenant_id = $1 AND consumer = $2";
        let consumer = format!("reaction:{reaction}");
        let row = self.owner.query_opt(sql, &[&uuid(tenant), &consumer]).await.unwrap();
        row.map(|row| row.get(0))
    }

    /// One number from the database.
    pub(super) async fn count(&self, sql: &str) -> i64 {
        self.owner.query_one(sql, &[]).await.unwrap().get(0)
    }
}

impl Drop for Street {
    fn drop(&mut self) {
        self.shutdown.cancel();
        let Some(name) = &self.name else { return };
        // This runtime may be at its end: the database is dropped from another.
        let server = &self.server;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let _left = runtime.unwrap().block_on(server.drop_database(name));
            });
        });
    }
}

async fn fill(url: String) -> Result<(), PostgresError> {
    migrate(&mut connect(&url).await).await.unwrap();
    Ok(())
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(super) fn pool(url: &str, role: &str) -> Pool {
    let mut config: Config = url.parse().unwrap();
    config.options(format!("-c role={role}"));
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    Pool::builder(Manager::from_config(config, NoTls, recycling))
        .max_size(10)
        .runtime(Runtime::Tokio1)
        .build()
        .unwrap()
}

/// The `number`th of a kind.
pub(super) fn id<A: Aggregate>(number: u64) -> Id<A> {
    Id::derived(&[&number.to_string()])
}

/// To tell a listener a word.
pub(super) fn tell(listener: u64, word: &str) -> Call {
    Call::Tell { listener: id(listener), word: word.to_owned() }
}

/// To tell the first listener a word, so many seconds after [`NOW`].
pub(super) fn tell_in(seconds: i64, name: &str, word: &str) -> Call {
    let due = NOW.plus_seconds(seconds);
    Call::TellAt { name: name.to_owned(), due, listener: id(1), word: word.to_owned() }
}

/// Not to tell after all.
pub(super) fn forget(name: &str) -> Call {
    Call::Forget { name: name.to_owned() }
}

/// A log that lets appends fail.
pub(super) struct Flaky {
    log: Arc<PgLog>,
    /// How many appends are still to fail.
    fails: AtomicU32,
}

impl Flaky {
    pub(super) fn fail(&self, times: u32) {
        self.fails.store(times, Ordering::SeqCst);
    }

    fn fails(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        self.fails.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
    }
}

#[async_trait]
impl Intercept for Flaky {
    fn log(&self) -> &dyn Log {
        &*self.log
    }
    async fn before_append(&self) -> Result<(), GroupError> {
        if self.fails() {
            let error = AppendError::Unavailable("out of order".to_owned());
            return Err(GroupError { index: 0, error });
        }
        Ok(())
    }
}
