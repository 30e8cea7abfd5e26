//! The contract of every store, kept over a past that is cold.

use std::sync::Arc;

use async_trait::async_trait;
use event_store::{
    Append, Appended, GroupError, Log, PgLog, ReadError, StoredEvent, StoredSnapshot, Subscription,
    cold::{CoolOrder, Cooler, Segments},
    contract,
    integrity::Sealer,
    pg::{PgLogSettings, Signals},
};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::Cellar;

/// A log of which everything is moved before it is read.
struct Cooling {
    log: Arc<PgLog>,
    sealer: Sealer,
    cooler: Cooler,
}

impl Cooling {
    async fn cool(&self, tenant: Ulid) {
        while self.sealer.seal(tenant).await.unwrap().is_some() {}
        let order = CoolOrder { tenant, recorded_by: chrono::DateTime::<chrono::Utc>::MAX_UTC };
        // A tenant without a log has nothing to be moved.
        while let Ok(Some(_)) = self.cooler.cool(order).await {}
    }
}

#[async_trait]
impl Log for Cooling {
    async fn append_all(&self, group: Vec<Append>) -> Result<Vec<Appended>, GroupError> {
        self.log.append_all(group).await
    }

    async fn read_stream(
        &self,
        tenant: Ulid,
        stream: Ulid,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, ReadError> {
        self.cool(tenant).await;
        self.log.read_stream(tenant, stream, after_version, limit).await
    }

    async fn read_tenant(
        &self,
        tenant: Ulid,
        after_position: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, ReadError> {
        self.cool(tenant).await;
        self.log.read_tenant(tenant, after_position, limit).await
    }

    async fn head(&self, tenant: Ulid) -> Result<u64, ReadError> {
        self.log.head(tenant).await
    }

    async fn series(&self, tenant: Ulid, names: &[String]) -> Result<Vec<u64>, ReadError> {
        self.log.series(tenant, names).await
    }

    async fn outcome(
        &self,
        tenant: Ulid,
        command_id: Ulid,
    ) -> Result<Option<([u8; 32], Ulid, Appended)>, ReadError> {
        self.log.outcome(tenant, command_id).await
    }

    async fn snapshot(
        &self,
        tenant: Ulid,
        stream: Ulid,
    ) -> Result<Option<StoredSnapshot>, ReadError> {
        self.log.snapshot(tenant, stream).await
    }

    async fn store_snapshot(
        &self,
        tenant: Ulid,
        stream: Ulid,
        snapshot: StoredSnapshot,
    ) -> Result<(), ReadError> {
        self.log.store_snapshot(tenant, stream, snapshot).await
    }

    fn subscribe(&self) -> Subscription {
        self.log.subscribe()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_whose_past_is_cold_keeps_the_contract() {
    let cellar = Cellar::new().await;
    let database = &cellar.world.database;
    let end = CancellationToken::new();
    let signals =
        Signals::start(database.config(), std::time::Duration::from_millis(5), end.clone());
    let pool = database.pool("tenantry_command").unwrap();
    let settings = PgLogSettings { history: cellar.history(), ..PgLogSettings::default() };
    let segments = Segments { least: 1, most: 3, ..Segments::default() };
    let cold = database.pool("tenantry_cold").unwrap();
    let log = Arc::new(Cooling {
        log: PgLog::start(pool, &signals, &settings, &end),
        sealer: Sealer::new(database.pool("tenantry_worker").unwrap(), cellar.keyring.clone()),
        cooler: Cooler::new(cold, cellar.keyring.clone(), cellar.history(), segments),
    });
    contract::all(log, || async { database.tenant().await.unwrap() }).await;
    let moved = "SELECT count(*) FROM log.segments WHERE $1::uuid IS NOT NULL";
    assert!(cellar.world.number(moved, Ulid::nil()).await > 100, "hardly anything was cold");
    end.cancel();
}
