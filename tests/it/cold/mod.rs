//! A log whose past is cold is read as one whose past is not.

mod contract;
mod damage;
mod killed;
mod moving;
mod quarantined;
mod reading;
mod refusing;

use std::{path::PathBuf, process::Command, sync::Arc};

use chrono::Utc;
use event_store::{
    Log, PgLog, StoredEvent, TenantId,
    cold::{Cold, CoolError, CoolOrder, Cooled, Cooler, Segments, standing, warm},
    history::{History, Within},
    integrity::{Keyring, Sealer},
    keys::KeyRing,
    pg::{PgLogSettings, Signals},
};
use service::{auth::Key, config::Config};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::archive::world::World;

/// Events of a segment: few, so that there are many.
const SEGMENT: u64 = 50;
/// Bytes of segments that a reader keeps: fewer than there are.
const CACHE: u64 = 60_000;

/// A database, a place beside it, and the key that signs.
struct Cellar {
    world: World,
    folder: TempDir,
    keyring: Keyring,
}

impl Cellar {
    /// One whose database has so many days of the demo, sealed, and seen by all
    /// consumers.
    async fn filled(days: u32) -> Self {
        let cellar = Self::new().await;
        cellar.fill(days).await;
        cellar.settle().await;
        cellar
    }

    /// Gives the demo's commands of the first days to a process that knows the
    /// place.
    async fn fill(&self, days: u32) {
        let end = CancellationToken::new();
        self.world.fill_through(days, Some(self.log(&end))).await;
        end.cancel();
    }

    /// One without tenants.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("integrity.pem");
        Key::open_or_create(&file).unwrap();
        let mut config = Config::default().integrity;
        config.signing_key_file = file.display().to_string();
        let keyring = service::integrity::keyring(&config).unwrap().unwrap();
        Self { world: World::new().await, folder, keyring }
    }

    /// Seals all logs, and lets all consumers see them.
    async fn settle(&self) {
        let sealer =
            Sealer::new(self.world.database.pool("tenantry_worker").unwrap(), self.keyring.clone());
        for one in sealer.behind().await.unwrap() {
            while sealer.seal(one.tenant).await.unwrap().is_some() {}
        }
        self.world.project().await;
        let seen = "UPDATE log.checkpoints AS c SET position = h.position
             FROM log.heads AS h WHERE h.tenant_id = c.tenant_id AND c.consumer LIKE 'reaction:%'";
        self.world.owner().await.batch_execute(seen).await.unwrap();
    }

    fn place(&self) -> PathBuf {
        self.folder.path().join("cold")
    }

    /// What a process that has just started reads with.
    fn history(&self) -> History {
        History::with_cold(Cold::open(self.place().to_str().unwrap(), CACHE).unwrap())
    }

    fn cooler(&self) -> Cooler {
        let pool = self.world.database.pool("tenantry_cold").unwrap();
        let segments = Segments { least: 1, most: SEGMENT, ..Segments::default() };
        Cooler::new(pool, self.keyring.clone(), self.history(), segments)
    }

    async fn try_cool(&self, tenant: Ulid) -> Result<Option<Cooled>, CoolError> {
        self.cooler().cool(CoolOrder { tenant, recorded_by: Utc::now() }).await
    }

    /// Moves all that can be.
    async fn cool(&self, tenant: Ulid) {
        while self.try_cool(tenant).await.unwrap().is_some() {}
    }

    async fn warm(&self, tenant: Ulid, after: u64) -> u64 {
        let pool = self.world.database.pool("tenantry_cold").unwrap();
        let history = self.history();
        let mut events = 0;
        while let Some(warmed) = warm(&pool, &history, tenant, after).await.unwrap() {
            events += warmed.events;
        }
        events
    }

    /// How much is cold, and how much of that is in the table as well.
    async fn standing(&self, tenant: Ulid) -> (u64, u64) {
        let standing = standing(&Within(&self.world.owner().await), tenant).await.unwrap();
        (standing.until, standing.kept)
    }

    /// Positions of the tenant in the table.
    async fn in_table(&self, tenant: Ulid) -> u64 {
        let sql = "SELECT count(*) FROM log.events WHERE tenant_id = $1";
        self.world.number(sql, tenant).await.cast_unsigned()
    }

    /// A log as a process reads it that has just started.
    fn log(&self, end: &CancellationToken) -> Arc<PgLog> {
        let pool = self.world.database.pool("tenantry_command").unwrap();
        let settings = PgLogSettings {
            keys: self.world.master.clone(),
            history: self.history(),
            ..PgLogSettings::default()
        };
        PgLog::start(pool, &Signals::silent(), &settings, end)
    }

    /// The keys beside what reads events, as a process has them that has just
    /// started.
    fn ring(&self) -> KeyRing {
        self.world.ring().with_history(self.history())
    }

    /// All events of a tenant, read so many at a time.
    async fn events(&self, tenant: Ulid, at_once: usize) -> Vec<StoredEvent> {
        let end = CancellationToken::new();
        let log = self.log(&end);
        let mut events: Vec<StoredEvent> = vec![];
        loop {
            let page = log.read_tenant(tenant, events.len() as u64, at_once).await.unwrap();
            if page.is_empty() {
                end.cancel();
                return events;
            }
            events.extend(page);
        }
    }

    /// The program, which knows the place and the key.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.world.command(arguments);
        command
            .env("TENANTRY__COLD__PLACE", self.place())
            .env("TENANTRY__INTEGRITY__SIGNING_KEY_FILE", self.folder.path().join("integrity.pem"));
        command
    }

    /// What the program says, having ended well.
    fn says(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The objects of a tenant, in the order of their positions.
    fn objects(&self, tenant: Ulid) -> Vec<PathBuf> {
        let folder = self.place().join(TenantId(tenant).to_string());
        let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
        let mut objects: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        objects.sort();
        objects
    }

    /// Makes a statement wait, until the session ends.
    async fn hold(&self, table: &str, mode: &str) -> tokio_postgres::Client {
        let owner = self.world.owner().await;
        owner.batch_execute(&format!("BEGIN; LOCK TABLE {table} IN {mode} MODE")).await.unwrap();
        owner
    }

    /// Whether somebody waits for a lock that another holds.
    async fn somebody_waits(&self) -> bool {
        let sql = "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'
                 AND $1::uuid IS NOT NULL";
        self.world.number(sql, Ulid::nil()).await > 0
    }
}
