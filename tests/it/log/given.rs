//! What the tests of the log begin with.

use std::{path::PathBuf, sync::Arc, time::Duration};

use deadpool_postgres::Pool;
use domain::kernel::{Actor, Timestamp};
use event_store::{
    Append, CommandRecord, NewEvent, PgLog,
    pg::{self, PgLogSettings, Signals},
};
use service::postgres::{Options, Postgres};
use tempfile::TempDir;
use tokio_postgres::{Client, Config, NoTls};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

/// A new stream of one event.
pub(super) fn append(tenant: Ulid) -> Append {
    let id = Ulid::generate();
    Append {
        events: vec![NewEvent::new("changed", vec![0x80])],
        ..Append::of(
            tenant,
            "thing",
            Ulid::generate(),
            CommandRecord {
                request_hash: Some([1; 32]),
                ..CommandRecord::new(id, Actor::system("test"), Timestamp::from_micros(1))
            },
        )
    }
}

/// A log over connections of a role, until the test ends.
pub(super) fn log(config: &Config, pool: Pool, settings: &PgLogSettings) -> Arc<PgLog> {
    let shutdown = CancellationToken::new();
    let signals = Signals::start(config.clone(), Duration::from_millis(5), shutdown.clone());
    PgLog::start(pool, &signals, settings, &shutdown)
}

/// Connections as a writing service has them, waiting for locks this long.
pub(super) fn pool(config: &Config, lock_timeout: Duration) -> Pool {
    let mut config = config.clone();
    config.application_name("the log");
    let options = format!("tenantry_command -c lock_timeout={}", lock_timeout.as_millis());
    tests::pool(config, &options).unwrap()
}

pub(super) async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A server of one test's own, with a log for some tenants.
pub(super) struct Server {
    pub(super) postgres: Postgres,
    pub(super) config: Config,
    folder: TempDir,
}

impl Server {
    pub(super) async fn with(tenants: &[Ulid]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let postgres = Options::new(folder.path()).throwaway().start().unwrap();
        let config: Config = postgres.url().parse().unwrap();
        let mut owner = connect(&config).await;
        pg::migrate(&mut owner).await.unwrap();
        for tenant in tenants {
            pg::provision(&owner, *tenant, "tenant").await.unwrap();
        }
        Self { postgres, config, folder }
    }

    /// Where the server keeps its data.
    pub(super) fn data(&self) -> PathBuf {
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().unwrap().map(Result::unwrap) {
                if entry.file_name() == "global" {
                    return folder;
                }
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        panic!("no data in {}", self.folder.path().display());
    }
}
