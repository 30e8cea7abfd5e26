//! A server over a database of its own.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::kernel::{ActorKind, Registry};
use event_store::{
    PgLog,
    keys::{KeyEncryption, KeyRing, MasterKeys, NoKeys},
    pg::{PgLogSettings, Signals, migrate, provision},
};
use projector::{Projector, create_tables, ddl};
use query_api::{Resources, run};
use reqwest::RequestBuilder;
use secrecy::SecretString;
use serde_json::Value;
use service::{
    auth::{Issuer, Key, TokenRequest, Verifier},
    config::Config,
    database::{Database, DatabaseRole},
    http::bind,
    postgres::{Options, Postgres},
    shutdown::Shutdown,
};
use tokio_postgres::{Client, NoTls};
use ulid::Ulid;

use crate::{branch::Branch, tenant::Tenant};

/// A server, its database, and whoever may look behind it.
pub(crate) struct Stage {
    pub(crate) config: Config,
    pub(crate) registry: Arc<Registry>,
    pub(crate) admin: Client,
    pub(crate) address: String,
    pub(crate) shutdown: Shutdown,
    pub(crate) issuer: Issuer,
    pub(crate) signals: Signals,
    pub(crate) http: reqwest::Client,
    pub(crate) postgres: Postgres,
    pub(crate) database: String,
    master: Arc<MasterKeys>,
    pub(crate) log: Arc<PgLog>,
}

impl Stage {
    pub(crate) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// A stage whose server has no master key.
    pub(crate) async fn without_keys() -> Self {
        Self::on(|_| {}, Some(Arc::new(NoKeys))).await
    }

    /// A stage with another configuration.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::on(change, None).await
    }

    async fn on(change: impl FnOnce(&mut Config), keys: Option<Arc<dyn KeyEncryption>>) -> Self {
        let registry = Arc::new(Registry::of::<Branch>().unwrap());
        // Every statement is noted, with its database, so that tests can count:
        // a server of these tests' own.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres-noting");
        let options = Options::new(folder)
            .throwaway()
            .set("log_statement", "all")
            .set("log_line_prefix", "%d|");
        let postgres = tokio::task::spawn_blocking(move || options.share()).await.unwrap().unwrap();
        let template = template(&postgres, &registry).await;
        let database = format!("query_{}", Ulid::generate()).to_lowercase();
        let url = postgres.create_database(&database, Some(&template)).await.unwrap();
        let (admin, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);

        let mut config = Config::default();
        config.database.url = SecretString::from(url);
        config.database.query_connections = 4;
        config.query_api.threads = 2;
        change(&mut config);
        let key = Key::generate().unwrap();
        let shutdown = Shutdown::new();
        let pool = Database::connect(
            &config.database,
            DatabaseRole::Query,
            config.database.query_connections,
        );
        let pool = pool.await.unwrap();
        let interval = Duration::from_millis(1);
        let signals = Signals::start(pool.connecting().clone(), interval, shutdown.token().clone());
        let master = Arc::new(MasterKeys::ephemeral().unwrap());
        let looking_up = Database::connect(&config.database, DatabaseRole::Query, 2);
        let backend = keys.unwrap_or_else(|| master.clone());
        let keys = Arc::new(KeyRing::new(looking_up.await.unwrap().raw().clone(), backend));
        let commanding = Database::connect(&config.database, DatabaseRole::Command, 2);
        let log_settings = PgLogSettings { keys: master.clone(), ..PgLogSettings::default() };
        let commanding = commanding.await.unwrap().raw().clone();
        let log = PgLog::start(commanding, &Signals::silent(), &log_settings, shutdown.token());
        let resources = Resources {
            registry: registry.clone(),
            database: pool,
            keys,
            signals: signals.clone(),
            verifier: Verifier::new(&key, &config.auth),
            keyring: None,
        };
        let listener = bind("127.0.0.1:0").unwrap();
        let address = listener.address().to_string();
        let (serving, settings) = (shutdown.clone(), config.clone());
        tokio::spawn(async move { run(listener, &settings, resources, &serving).await.unwrap() });
        Self {
            issuer: Issuer::new(&key, &config.auth).unwrap(),
            config,
            registry,
            admin,
            address,
            shutdown,
            signals,
            http: reqwest::Client::new(),
            postgres,
            database,
            master,
            log,
        }
    }

    /// A new tenant with an empty log.
    pub(crate) async fn tenant(&self) -> Tenant<'_> {
        let id = Ulid::generate();
        provision(&self.admin, id, "a branch").await.unwrap();
        Tenant { stage: self, id, token: self.token(id, Duration::from_hours(1)) }
    }

    pub(crate) fn token(&self, tenant: Ulid, lifetime: Duration) -> String {
        let request = TokenRequest {
            tenant,
            subject: "thandi".to_owned(),
            roles: vec!["viewer".to_owned()],
            lifetime: Some(lifetime),
            kind: ActorKind::User,
        };
        self.issuer.mint(&request).unwrap()
    }

    /// Folds everything that is new.
    pub(crate) async fn fold(&self) {
        self.projector().await.step_until_idle().await.unwrap();
    }

    pub(crate) async fn projector(&self) -> Projector {
        let pool = Database::connect(&self.config.database, DatabaseRole::Projector, 2);
        let pool = pool.await.unwrap().raw().clone();
        let keys = self.keys(DatabaseRole::Projector).await;
        Projector::new(pool, self.registry.clone(), keys, projector::Settings::default())
            .announcing(self.signals.clone())
    }

    /// Keys as a process of its own has them.
    pub(crate) async fn keys(&self, role: DatabaseRole) -> Arc<KeyRing> {
        let pool = Database::connect(&self.config.database, role, 2).await.unwrap();
        Arc::new(KeyRing::new(pool.raw().clone(), self.master.clone()))
    }

    /// Everything that the server has noted about the database, with the values
    /// of parameters.
    pub(crate) fn noted(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.postgres.log()).unwrap()).into_owned()
    }

    pub(crate) fn post(&self, body: &Value) -> RequestBuilder {
        self.http.post(format!("http://{}/graphql", self.address)).json(body)
    }

    /// How many statements wait for somebody else's lock.
    pub(crate) async fn waiting(&self) -> i64 {
        // Within a transaction the server's activity is only looked at once.
        self.admin.batch_execute("SELECT pg_stat_clear_snapshot()").await.unwrap();
        let waiting = "SELECT count(*) FROM pg_stat_activity
                       WHERE wait_event_type = 'Lock' AND datname = current_database()";
        self.admin.query_one(waiting, &[]).await.unwrap().get(0)
    }

    /// The statements on read tables that the server has noted.
    pub(crate) fn statements(&self) -> Vec<String> {
        self.statements_with("read.")
    }

    /// The statements with something in them that the server has noted.
    pub(crate) fn statements_with(&self, part: &str) -> Vec<String> {
        let log = std::fs::read(self.postgres.log()).unwrap();
        let log = String::from_utf8_lossy(&log);
        let mark = format!("{}|", self.database);
        let lines = log.lines().filter_map(|line| line.strip_prefix(&*mark));
        lines
            .filter_map(|line| line.strip_prefix("LOG:  execute ")?.split_once(": "))
            .map(|(_, text)| text.to_owned())
            .filter(|text| text.contains(part))
            .collect()
    }

    /// Ends the server and drops the database.
    pub(crate) async fn close(self) {
        self.shutdown.begin();
        self.postgres.drop_database(&self.database).await.unwrap();
    }
}

/// The database that all tests begin with, made once.
async fn template(postgres: &Postgres, registry: &Registry) -> String {
    let mut hasher = DefaultHasher::new();
    include_str!("../../../schema.sql").hash(&mut hasher);
    registry.read_models().iter().for_each(|entry| ddl(entry).hash(&mut hasher));
    let name = format!("template_{:016x}", hasher.finish());
    let filled = postgres.ensure_database(&name, |url| async move {
        let (mut client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        migrate(&mut client).await.unwrap();
        create_tables(&mut client, registry).await.unwrap();
        Ok::<_, service::postgres::PostgresError>(())
    });
    filled.await.unwrap();
    name
}

/// Looks until it is so, for at most half a minute.
#[track_caller]
pub(crate) fn eventually<F: Future<Output = bool>>(
    what: &'static str,
    mut is_so: impl FnMut() -> F,
) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !is_so().await {
            assert!(Instant::now() < deadline, "still not so: {what} at {caller}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}
