//! A database with everything in it that an archive must carry.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Output, Stdio},
    sync::{Arc, LazyLock},
    time::Duration,
};

use cli::demo::Demo;
use domain::{Platform, kernel::Registry};
use event_store::{
    Commands, PgLog,
    archive::{
        ArchiveError, ArchiveStore, Export, Exported, Import, Imported, KeyFile, KeySource, Target,
        Trust, Until, export, import,
    },
    keys::{KeyRing, MasterKeys},
    pg::{PgLogSettings, Signals, provision, uuid},
};
use projector::Projector;
use tests::Database;
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

/// The program with the toy beside the product.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-with-toy");

/// Small files, so that there are many.
const SEGMENT_BYTES: u64 = 8 * 1024;

/// The file of keys in an archive's folder.
pub(crate) const KEYS: &str = "keys.ndjson";

/// Rows as text, by table.
pub(crate) type Rows = BTreeMap<String, Vec<String>>;

/// A database with all tables.
pub(crate) struct World {
    pub(crate) database: Database,
    pub(crate) registry: Arc<Registry>,
    /// What encrypts its keys.
    pub(crate) master: Arc<MasterKeys>,
    folder: tempfile::TempDir,
}

impl World {
    /// One without tenants.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let master = MasterKeys::open_or_create(&folder.path().join("keys"), now()).unwrap();
        let world = Self {
            database: Database::new().await.unwrap(),
            registry: Arc::new(Registry::of::<Platform>().unwrap()),
            master: Arc::new(master),
            folder,
        };
        let output = world.program(&["migrate"]);
        assert!(output.status.success(), "{output:?}");
        world
    }

    /// One with so many days of the demo.
    pub(crate) async fn filled(days: u32) -> Self {
        let world = Self::new().await;
        world.fill(days).await;
        world
    }

    /// Gives the demo's commands of the first days; those that were given
    /// before change nothing.
    pub(crate) async fn fill(&self, days: u32) {
        self.fill_through(days, None).await;
    }

    /// The same through a log of one's own.
    pub(crate) async fn fill_through(&self, days: u32, log: Option<Arc<PgLog>>) {
        let demo = Demo { days, until: first_day().plus_days(days), seed: 1, scale: 1 };
        let owner = self.owner().await;
        for tenant in demo.tenants() {
            provision(&owner, tenant.id, tenant.name).await.unwrap();
        }
        let end = CancellationToken::new();
        let log = log.unwrap_or_else(|| self.log_of(&end));
        cli::demo::run(&Commands::new::<Platform>(log), &demo, |_| {}).await.unwrap();
        end.cancel();
    }

    /// The log, until the end.
    pub(crate) fn log_of(&self, end: &CancellationToken) -> Arc<PgLog> {
        let pool = self.database.pool("tenantry_command").unwrap();
        let settings = PgLogSettings { keys: self.master.clone(), ..PgLogSettings::default() };
        PgLog::start(pool, &Signals::silent(), &settings, end)
    }

    /// Folds all there is into the read tables.
    pub(crate) async fn project(&self) {
        let pool = self.database.pool("tenantry_projector").unwrap();
        let settings = projector::Settings::default();
        let ring = Arc::new(KeyRing::new(pool.clone(), self.master.clone()));
        let mut projector = Projector::new(pool, self.registry.clone(), ring, settings);
        projector.step_until_idle().await.unwrap();
    }

    pub(crate) async fn owner(&self) -> Client {
        self.database.owner().await.unwrap()
    }

    pub(crate) fn program(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(["--database", &self.database.url]).args(arguments).stdin(Stdio::null());
        command.env("TENANTRY__KEYS__FILE", self.folder.path().join("keys"));
        command
    }

    pub(crate) async fn export(&self, tenant: Ulid, to: &Path) -> Exported {
        self.try_export(tenant, to, None, false).await.unwrap()
    }

    pub(crate) async fn try_export(
        &self,
        tenant: Ulid,
        to: &Path,
        until: Option<Until>,
        since_archive: bool,
    ) -> Result<Exported, ArchiveError> {
        let store = ArchiveStore::create(to.to_str().unwrap()).unwrap();
        let order = Export {
            tenant,
            until,
            since_archive,
            segment_bytes: SEGMENT_BYTES,
            keys: Some(key_file(to)),
        };
        let ring = self.ring();
        export(&mut self.owner().await, &self.registry, &store, &order, &ring, |_| {}).await
    }

    pub(crate) async fn import(&self, from: &Path, to: Target) -> Imported {
        self.try_import(from, to, None).await.unwrap()
    }

    pub(crate) async fn try_import(
        &self,
        from: &Path,
        to: Target,
        until: Option<Until>,
    ) -> Result<Imported, ArchiveError> {
        let keys = KeySource::File(key_file(from));
        self.import_with(from, to, until, keys).await
    }

    pub(crate) async fn import_with(
        &self,
        from: &Path,
        to: Target,
        until: Option<Until>,
        keys: KeySource,
    ) -> Result<Imported, ArchiveError> {
        let store = ArchiveStore::open(from.to_str().unwrap()).unwrap();
        let order = Import { to, until, keys, trust: Trust::default() };
        let ring = self.ring();
        import(&mut self.owner().await, &self.registry, &store, &order, &ring, |_, _| {}).await
    }

    /// Keys as a process finds them that has just started.
    pub(crate) fn ring(&self) -> KeyRing {
        KeyRing::new(self.database.pool("tenantry_owner").unwrap(), self.master.clone())
    }

    /// Everything that is to be the same in a copy: the log, and the read
    /// tables, without the tenant's id.
    pub(crate) async fn everything(&self, tenant: Ulid) -> Rows {
        let mut rows = self.log(tenant).await;
        let read = "SELECT c.oid::regclass::text FROM pg_class AS c
             WHERE c.relnamespace = 'read'::regnamespace AND c.relkind IN ('r', 'p')";
        for table in self.owner().await.query(read, &[]).await.unwrap() {
            let table: String = table.get(0);
            let found = self.rows(&table, tenant).await;
            rows.insert(table, found);
        }
        rows
    }

    /// The log's own tables.
    pub(crate) async fn log(&self, tenant: Ulid) -> Rows {
        let mut rows = Rows::new();
        for table in
            ["heads", "events", "claims", "series", "commands", "personal_data", "erasures"]
        {
            let table = format!("log.{table}");
            let found = self.rows(&table, tenant).await;
            rows.insert(table, found);
        }
        rows
    }

    /// The rows of a table.
    pub(crate) async fn rows(&self, table: &str, tenant: Ulid) -> Vec<String> {
        // What is sealed in a read table is sealed anew by every fold.
        let sql = format!(
            "SELECT (to_jsonb(t) - 'tenant_id' - ARRAY(
                 SELECT attname::text FROM pg_attribute
                 WHERE attrelid = '{table}'::regclass AND atttypid = 'bytea'::regtype
                     AND '{table}' LIKE 'read.%'
             ))::text FROM {table} AS t
             WHERE tenant_id = $1 ORDER BY 1"
        );
        let rows = self.owner().await.query(&sql, &[&uuid(tenant)]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// One number.
    pub(crate) async fn number(&self, sql: &str, tenant: Ulid) -> i64 {
        self.owner().await.query_one(sql, &[&uuid(tenant)]).await.unwrap().get(0)
    }

    pub(crate) async fn head(&self, tenant: Ulid) -> u64 {
        let sql = "SELECT position FROM log.heads WHERE tenant_id = $1";
        u64::try_from(self.number(sql, tenant).await).unwrap()
    }

    /// How far each reaction has come that has begun.
    pub(crate) async fn reactions(&self, tenant: Ulid) -> BTreeMap<String, i64> {
        let sql = "SELECT consumer, position FROM log.checkpoints
             WHERE tenant_id = $1 AND consumer LIKE 'reaction:%' AND position > 0";
        let rows = self.owner().await.query(sql, &[&uuid(tenant)]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Removes all rows of a tenant, as no service could.
    pub(crate) async fn drop_tenant(&self, tenant: Ulid) {
        let tables = "SELECT c.oid::regclass::text FROM pg_class AS c
             JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
             WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
                 AND c.relnamespace IN ('log'::regnamespace, 'read'::regnamespace)";
        let owner = self.owner().await;
        for table in owner.query(tables, &[]).await.unwrap() {
            let table: String = table.get(0);
            let sql = format!("DELETE FROM {table} WHERE tenant_id = $1");
            owner.execute(&sql, &[&uuid(tenant)]).await.unwrap();
        }
    }
}

/// The keys beside an archive. A person would keep them elsewhere.
pub(crate) fn key_file(archive: &Path) -> KeyFile {
    static TRANSFER: LazyLock<Arc<MasterKeys>> =
        LazyLock::new(|| Arc::new(MasterKeys::ephemeral().unwrap()));
    KeyFile { path: archive.join(KEYS), transfer: TRANSFER.clone() }
}

fn now() -> domain::kernel::Timestamp {
    first_day().start()
}

/// The tenant of the demo with the most events.
pub(crate) fn somebody() -> Ulid {
    Demo::until_yesterday(first_day().start()).tenants()[0].id
}

fn first_day() -> domain::kernel::Date {
    domain::kernel::Date::from_ymd(2026, 1, 1).unwrap()
}

/// Looks until it is so, for at most a minute.
#[track_caller]
pub(crate) fn until(mut so: impl FnMut() -> bool) {
    let give_up = std::time::Instant::now() + Duration::from_mins(1);
    while !so() {
        assert!(std::time::Instant::now() < give_up, "it did not become so");
        std::thread::yield_now();
    }
}
