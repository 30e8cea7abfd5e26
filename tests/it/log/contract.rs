//! PostgreSQL keeps the contract of every store.

use std::time::Duration;

use event_store::{
    PgLog, contract,
    pg::{PgLogSettings, Signals},
};
use tests::Database;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn postgresql_keeps_the_contract() {
    let database = Database::new().await.unwrap();
    let shutdown = CancellationToken::new();
    let signals = Signals::start(database.config(), Duration::from_millis(5), shutdown.clone());
    let pool = database.pool("tenantry_command").unwrap();
    let log = PgLog::start(pool, &signals, &PgLogSettings::default(), &shutdown);
    contract::all(log, || async { database.tenant().await.unwrap() }).await;
}
