//! A library whose log each test writes for itself: a database per test.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use domain::kernel::{
    Actor, Aggregate, Date, Domain, Encoded, EventCodec, Id, NAMED_MESSAGE_PACK, Personal,
    Registry, Text,
    testing::toy::{Book, BookEvent, Loan, LoanEvent, Toy},
};
use event_store::{
    Append, CommandRecord, Log, NewEvent, PgLog,
    keys::{Erased, Erasure, KeyRing, MasterKeys, erase},
    pg::{PgLogSettings, Signals, migrate, provision, uuid},
};
use projector::{Projector, Scope, Settings, create_tables, ddl, verify};
use service::postgres::{Options, Postgres};
use tokio_postgres::{Client, Config, NoTls, Row, types::ToSql};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

/// A database of one test.
pub(crate) struct Library {
    pub(crate) config: Config,
    /// The superuser, who sees everything.
    pub(crate) admin: Client,
    pub(crate) registry: Arc<Registry>,
    /// Keys over connections of their own, for the owner.
    pub(crate) ring: Arc<KeyRing>,
    master: Arc<MasterKeys>,
    log: Arc<PgLog>,
    shutdown: CancellationToken,
    name: String,
    postgres: Postgres,
}

/// A connection as a role.
pub(crate) fn pool(config: &Config, role: &str) -> Pool {
    let mut config = config.clone();
    config.options(format!("-c role={role}"));
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    Pool::builder(Manager::from_config(config, NoTls, recycling)).max_size(6).build().unwrap()
}

pub(crate) async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

impl Library {
    pub(crate) async fn open() -> Self {
        Self::with::<Toy>().await
    }

    /// A library with other read models.
    pub(crate) async fn with<D: Domain>() -> Self {
        let registry = Arc::new(Registry::of::<D>().unwrap());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres");
        let postgres =
            tokio::task::spawn_blocking(move || Options::new(folder).throwaway().share())
                .await
                .unwrap()
                .unwrap();
        let template = template(&postgres, &registry).await;
        let name = format!("library_{}", Ulid::generate()).to_lowercase();
        let url = postgres.create_database(&name, Some(&template)).await.unwrap();
        let config: Config = url.parse().unwrap();
        let admin = connect(&config).await;
        let master = Arc::new(MasterKeys::ephemeral().unwrap());
        let ring = Arc::new(KeyRing::new(pool(&config, "tenantry_owner"), master.clone()));
        let shutdown = CancellationToken::new();
        let settings = PgLogSettings { keys: master.clone(), ..PgLogSettings::default() };
        let commanding = pool(&config, "tenantry_command");
        let log = PgLog::start(commanding, &Signals::silent(), &settings, &shutdown);
        Self { config, admin, registry, ring, master, log, shutdown, name, postgres }
    }

    /// Keys as a process of its own has them.
    pub(crate) fn keys(&self, role: &str) -> Arc<KeyRing> {
        Arc::new(KeyRing::new(self.pool(role), self.master.clone()))
    }

    /// A new tenant with an empty log.
    pub(crate) async fn tenant(&self) -> Tenant<'_> {
        let id = Ulid::generate();
        provision(&self.admin, id, "a library").await.unwrap();
        Tenant { library: self, id }
    }

    /// A projector that tries failed events again at once.
    pub(crate) fn projector(&self) -> Projector {
        self.projector_with(Settings { first_wait: Duration::ZERO, ..Settings::default() })
    }

    pub(crate) fn projector_with(&self, settings: Settings) -> Projector {
        let keys = self.keys("tenantry_projector");
        Projector::new(self.pool("tenantry_projector"), self.registry.clone(), keys, settings)
    }

    /// The projector of another program.
    pub(crate) fn projector_of(&self, registry: &Arc<Registry>) -> Projector {
        let settings = Settings { first_wait: Duration::ZERO, ..Settings::default() };
        let keys = self.keys("tenantry_projector");
        Projector::new(self.pool("tenantry_projector"), registry.clone(), keys, settings)
    }

    pub(crate) fn pool(&self, role: &str) -> Pool {
        pool(&self.config, role)
    }

    pub(crate) async fn rows(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Vec<Row> {
        self.admin.query(sql, params).await.unwrap()
    }

    /// What one query answers, which is a single number.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.admin.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// All rows of a read table as text, in the order of their keys, without
    /// what is sealed, which never looks the same twice.
    pub(crate) async fn table(&self, name: &str) -> Vec<String> {
        let sql =
            format!("SELECT (to_jsonb(t) - 'borrower')::text FROM read.{name} AS t ORDER BY 1");
        self.rows(&sql, &[]).await.iter().map(|row| row.get(0)).collect()
    }

    /// In how many logs a read model has not come to the end.
    pub(crate) async fn late(&self, consumer: &str) -> i64 {
        self.number(&Self::late_in(consumer)).await
    }

    pub(crate) fn late_in(consumer: &str) -> String {
        format!(
            "SELECT count(*) FROM log.heads AS h LEFT JOIN log.checkpoints AS c
             ON c.tenant_id = h.tenant_id AND c.consumer = '{consumer}'
             WHERE h.position > coalesce(c.position, 0)"
        )
    }

    /// Asks until the answer is this number, for at most a minute.
    #[track_caller]
    pub(crate) fn eventually(&self, sql: &str, expected: i64) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let deadline = Instant::now() + Duration::from_mins(1);
            loop {
                let found = self.number(sql).await;
                if found == expected {
                    return;
                }
                assert!(Instant::now() < deadline, "still {found} at {caller}");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }

    /// Everything is as the log says.
    pub(crate) async fn verified(&self) {
        let owner = self.pool("tenantry_owner");
        let verified =
            verify(&owner, &self.registry, &self.ring, &Scope::default(), |_| {}).await.unwrap();
        let told: Vec<_> = verified.differences.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "{told:#?}");
    }

    /// Everything about a read table but its rows.
    pub(crate) async fn anatomy(&self, table: &str) -> Vec<String> {
        let sql = "
            SELECT format('%s %s %s %s', attnum, attname, atttypid::regtype, attnotnull)
                || coalesce(col_description(attrelid, attnum), '')
            FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0
            UNION ALL
            SELECT pg_get_indexdef(indexrelid) || indisprimary FROM pg_index
            WHERE indrelid = $1::text::regclass
            UNION ALL
            SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint
            -- What must not be null is said above; since 18 it has a name, too.
            WHERE conrelid = $1::text::regclass AND contype <> 'n'
            UNION ALL
            SELECT format('%s %s %s %s %s', polname, polcmd, polroles::regrole[],
                pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
            FROM pg_policy WHERE polrelid = $1::text::regclass
            UNION ALL
            SELECT format('%s %s %s %s %s', relowner::regrole, relacl, relrowsecurity,
                relforcerowsecurity, obj_description(oid))
            FROM pg_class WHERE oid = $1::text::regclass
            ORDER BY 1";
        let rows = self.rows(sql, &[&format!("read.{table}")]).await;
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Drops the database.
    pub(crate) async fn close(self) {
        self.shutdown.cancel();
        self.postgres.drop_database(&self.name).await.unwrap();
    }
}

/// The database that all tests begin with, made once.
async fn template(postgres: &Postgres, registry: &Registry) -> String {
    let mut hasher = DefaultHasher::new();
    include_str!("../../../schema.sql").hash(&mut hasher);
    registry.read_models().iter().for_each(|entry| ddl(entry).hash(&mut hasher));
    let name = format!("projector_{:016x}", hasher.finish());
    postgres
        .ensure_database(&name, |url| async move {
            let config: Config = url.parse()?;
            let (mut client, connection) = config.connect(NoTls).await?;
            tokio::spawn(connection);
            migrate(&mut client).await?;
            create_tables(&mut client, registry).await?;
            anyhow::Ok(())
        })
        .await
        .unwrap();
    name
}

/// One library's log.
#[derive(Clone, Copy)]
pub(crate) struct Tenant<'a> {
    library: &'a Library,
    pub(crate) id: Ulid,
}

impl Tenant<'_> {
    /// Writes an event, sensible or not.
    pub(crate) async fn write<A: Aggregate>(&self, id: Id<A>, event: &A::Event) {
        let encoded = EventCodec::<A>::new().encode(event).unwrap();
        if encoded.personal {
            return self.append::<A>(id.ulid(), encoded).await;
        }
        self.write_raw(A::TYPE, id.ulid(), encoded.name, encoded.schema_version, &encoded.payload)
            .await;
    }

    /// Writes an event that holds personal data, which the log seals.
    async fn append<A: Aggregate>(&self, stream: Ulid, event: Encoded) {
        let sql = "SELECT count(*) FROM log.events WHERE tenant_id = $1 AND stream_id = $2";
        let rows = self.library.rows(sql, &[&uuid(self.id), &uuid(stream)]).await;
        let trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned();
        let command = CommandRecord {
            trace_parent: Some(trace_parent),
            ..CommandRecord::new(Ulid::generate(), Actor::system("test"), service::now())
        };
        let event = NewEvent::from(event);
        let append = Append {
            expected: u64::try_from(rows.first().unwrap().get::<_, i64>(0)).unwrap(),
            events: vec![event],
            ..Append::of(self.id, A::TYPE, stream, command)
        };
        self.library.log.append(append).await.unwrap();
    }

    /// Forgets a person.
    pub(crate) async fn erase<A: Aggregate>(&self, subject: Id<A>) -> Erased {
        let erasure = Erasure {
            tenant: self.id,
            subject: subject.ulid(),
            actor: "user:thandi".to_owned(),
            reason: "asked to".to_owned(),
        };
        // As in a process of its own: nobody else's keys are forgotten by it.
        let keys = self.library.keys("tenantry_owner");
        let mut client = connect(&self.library.config).await;
        erase(&mut client, &self.library.registry, &keys, &erasure).await.unwrap()
    }

    /// Writes what is perhaps no event at all.
    pub(crate) async fn write_raw(
        &self,
        stream_type: &str,
        stream: Ulid,
        name: &str,
        schema_version: u16,
        payload: &[u8],
    ) {
        let kind = format!("{stream_type}.{name}");
        let schema_version = i16::try_from(schema_version).unwrap();
        let actor = Actor::system("test").to_string();
        let event = uuid(Ulid::generate());
        self.library
            .rows(
                "WITH head AS (
                     UPDATE log.heads SET position = position + 1, recorded_at = clock_timestamp()
                     WHERE tenant_id = $1 RETURNING *
                 )
                 INSERT INTO log.events (tenant_id, position, stream_id, version, stream_type,
                     type, schema_version, codec, event_id, occurred_at, recorded_at, actor,
                     command_id, correlation_id, trace_parent, payload)
                 SELECT $1, head.position, $2,
                     1 + (SELECT count(*) FROM log.events WHERE tenant_id = $1 AND stream_id = $2),
                     $3, $4, $5, $6, $7, head.recorded_at, head.recorded_at, $8, $7, $7,
                     '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', $9
                 FROM head",
                &[
                    &uuid(self.id),
                    &uuid(stream),
                    &stream_type,
                    &kind,
                    &schema_version,
                    &NAMED_MESSAGE_PACK,
                    &event,
                    &actor,
                    &payload,
                ],
            )
            .await;
    }

    pub(crate) async fn acquire(&self) -> Id<Book> {
        let book = Id::new(Ulid::generate());
        let title = Text::parse("Middlemarch").unwrap();
        self.write(book, &BookEvent::Acquired { isbn: Text::of(book), title }).await;
        book
    }

    pub(crate) async fn lend(&self, book: Id<Book>) -> Id<Loan> {
        let loan = Id::new(Ulid::generate());
        let borrower = Personal::from(Text::parse("Thandi's \"sister\"").unwrap());
        self.write(loan, &LoanEvent::Lent { number: 7, book, borrower, until: day(15) }).await;
        loan
    }

    pub(crate) async fn renew(&self, loan: Id<Loan>) {
        self.write(loan, &LoanEvent::Renewed { until: day(29) }).await;
    }

    pub(crate) async fn give_back(&self, loan: Id<Loan>, book: Id<Book>) {
        self.write(loan, &LoanEvent::Returned { book, in_time: true }).await;
    }

    /// An ordinary history of so many books, five events each.
    pub(crate) async fn busy(&self, books: usize) {
        for _ in 0..books {
            let book = self.acquire().await;
            let loan = self.lend(book).await;
            self.renew(loan).await;
            self.give_back(loan, book).await;
            self.lend(book).await;
        }
    }

    pub(crate) async fn checkpoint(&self, consumer: &str) -> i64 {
        let sql = "SELECT position FROM log.checkpoints WHERE consumer = $1 AND tenant_id = $2";
        let rows = self.library.rows(sql, &[&consumer, &uuid(self.id)]).await;
        rows.first().map_or(0, |row| row.get(0))
    }
}

pub(crate) fn day(day: u32) -> Date {
    Date::from_ymd(2026, 1, day).unwrap()
}
