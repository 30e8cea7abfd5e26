//! The contract of every store, kept over a past that is cold.

use std::sync::Arc;

use async_trait::async_trait;
use event_store::{
    Log, PgLog,
    cold::{CoolOrder, Cooler, Segments},
    contract,
    integrity::Sealer,
    pg::{PgLogSettings, Signals},
    testing::Intercept,
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
impl Intercept for Cooling {
    fn log(&self) -> &dyn Log {
        &*self.log
    }

    async fn before_read(&self, tenant: Ulid) {
        self.cool(tenant).await;
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
