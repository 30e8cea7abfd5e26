//! A server over a database of its own, and tenants to fill it.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::kernel::{
    Actor, ActorKind, Aggregate, Date, EventCodec, Id, NAMED_MESSAGE_PACK, Personal, Registry,
    Text,
    testing::toy::{Book, BookEvent, Loan, LoanEvent},
};
use event_store::{
    TenantId,
    pg::{Signals, migrate, provision, uuid},
};
use projector::{Projector, create_tables, ddl};
use query_api::{Resources, run};
use reqwest::RequestBuilder;
use secrecy::SecretString;
use serde_json::{Value, json};
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

use crate::branch::Branch;

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
}

impl Stage {
    pub(crate) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// A stage with another configuration.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let registry = Arc::new(Registry::of::<Branch>().unwrap());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres");
        // Every statement is noted, with its database, so that tests can count.
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
        let pool =
            Database::connect(&config.database, DatabaseRole::Query, config.database.query_connections);
        let pool = pool.await.unwrap();
        let interval = Duration::from_millis(1);
        let signals =
            Signals::start(pool.connecting().clone(), interval, shutdown.token().clone());
        let resources = Resources {
            registry: registry.clone(),
            database: pool,
            signals: signals.clone(),
            verifier: Verifier::new(&key, &config.auth),
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
        Projector::new(pool, self.registry.clone(), projector::Settings::default())
            .announcing(self.signals.clone())
    }

    pub(crate) fn post(&self, body: &Value) -> RequestBuilder {
        self.http.post(format!("http://{}/graphql", self.address)).json(body)
    }

    /// The statements that the log of the server has of this database.
    pub(crate) fn statements(&self) -> Vec<String> {
        let log = std::fs::read(self.postgres.log()).unwrap();
        let log = String::from_utf8_lossy(&log);
        let mark = format!("{}|", self.database);
        let lines = log.lines().filter_map(|line| line.strip_prefix(&*mark));
        lines
            .filter_map(|line| line.strip_prefix("LOG:  execute ")?.split_once(": "))
            .map(|(_, text)| text.to_owned())
            .filter(|text| text.contains("read."))
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

/// One tenant: its log, and a client of it.
pub(crate) struct Tenant<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) id: Ulid,
    pub(crate) token: String,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// What was asked for, which was given without any trouble.
    #[track_caller]
    pub(crate) fn data(self) -> Value {
        assert!(self.body.get("errors").is_none(), "{:#}", self.body);
        self.body["data"].clone()
    }

    pub(crate) fn errors(&self) -> &[Value] {
        self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The code and the message of the only error.
    #[track_caller]
    pub(crate) fn error(&self) -> (&str, &str) {
        let [error] = self.errors() else { panic!("{:#}", self.body) };
        (error["extensions"]["code"].as_str().unwrap(), error["message"].as_str().unwrap())
    }
}

impl Tenant<'_> {
    pub(crate) async fn ask(&self, query: &str) -> Answer {
        self.ask_with(query, json!({})).await
    }

    pub(crate) async fn ask_with(&self, query: &str, variables: Value) -> Answer {
        self.send(self.request(&json!({ "query": query, "variables": variables }))).await
    }

    pub(crate) fn request(&self, body: &Value) -> RequestBuilder {
        self.stage.post(body).bearer_auth(&self.token)
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: {text}"));
        Answer { status, body }
    }

    /// The answer, without any trouble.
    pub(crate) async fn data(&self, query: &str) -> Value {
        self.ask(query).await.data()
    }

    pub(crate) fn consistency(&self, position: u64) -> String {
        format!("{}:{position}", TenantId(self.id))
    }

    /// Writes an event, and gives its position.
    pub(crate) async fn write<A: Aggregate>(&self, id: Id<A>, event: &A::Event) -> u64 {
        let encoded = EventCodec::<A>::new().encode(event).unwrap();
        let kind = format!("{}.{}", A::TYPE, encoded.name);
        let actor = Actor::system("test").to_string();
        let row = self
            .stage
            .admin
            .query_one(
                "WITH head AS (
                     UPDATE log.heads SET position = position + 1, recorded_at = clock_timestamp()
                     WHERE tenant_id = $1 RETURNING *
                 )
                 INSERT INTO log.events (tenant_id, position, stream_id, version, stream_type,
                     type, schema_version, codec, event_id, occurred_at, recorded_at, actor,
                     command_id, correlation_id, payload)
                 SELECT $1, head.position, $2,
                     1 + (SELECT count(*) FROM log.events WHERE tenant_id = $1 AND stream_id = $2),
                     $3, $4, $5, $6, $7, head.recorded_at, head.recorded_at, $8, $7, $7, $9
                 FROM head RETURNING position",
                &[
                    &uuid(self.id),
                    &uuid(id.ulid()),
                    &A::TYPE,
                    &kind,
                    &i16::try_from(encoded.schema_version).unwrap(),
                    &NAMED_MESSAGE_PACK,
                    &uuid(Ulid::generate()),
                    &actor,
                    &encoded.payload,
                ],
            )
            .await
            .unwrap();
        u64::try_from(row.get::<_, i64>(0)).unwrap()
    }

    pub(crate) async fn acquire(&self, title: &str) -> Id<Book> {
        let book = Id::new(Ulid::generate());
        let title = Text::parse(title).unwrap();
        self.write(book, &BookEvent::Acquired { isbn: Text::of(book), title }).await;
        book
    }

    pub(crate) async fn lend(&self, book: Id<Book>, number: u64, until: &str) -> Id<Loan> {
        let loan = Id::new(Ulid::generate());
        let borrower = Personal::Known(Text::parse("Sipho").unwrap());
        let until: Date = until.parse().unwrap();
        self.write(loan, &LoanEvent::Lent { number, book, borrower, until }).await;
        loan
    }

    pub(crate) async fn renew(&self, loan: Id<Loan>, until: &str) -> u64 {
        self.write(loan, &LoanEvent::Renewed { until: until.parse().unwrap() }).await
    }

    pub(crate) async fn remind(&self, loan: Id<Loan>) -> u64 {
        self.write(loan, &LoanEvent::Reminded {}).await
    }

    pub(crate) async fn give_back(&self, loan: Id<Loan>, book: Id<Book>) -> u64 {
        self.write(loan, &LoanEvent::Returned { book, in_time: true }).await
    }
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
