//! The one PostgreSQL server that both sides of every comparison use.

use anyhow::{Context, Result};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use event_store::pg;
use service::postgres::{Options, Postgres};
use tokio_postgres::{Client, Config, NoTls};
use ulid::Ulid;

/// A server of this run, with durable settings.
pub(crate) struct Server {
    postgres: Postgres,
}

/// A database of it that holds a log.
pub(crate) struct LogDatabase {
    url: String,
    owner: Client,
}

impl Server {
    /// Starts the server in a folder that is emptied first.
    pub(crate) fn start(folder: &std::path::Path) -> Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        let postgres = Options::new(folder).set("max_wal_size", "4GB").start()?;
        Ok(Self { postgres })
    }

    /// A new database with the log's schema.
    pub(crate) async fn log_database(&self, name: &str) -> Result<LogDatabase> {
        self.postgres.drop_database(name).await?;
        let url = self.postgres.create_database(name, None).await?;
        let mut owner = connect(&url).await?;
        pg::migrate(&mut owner).await?;
        Ok(LogDatabase { url, owner })
    }

    /// A new database with the peer's table, as its documentation gives it.
    pub(crate) async fn peer_url(&self, name: &str) -> Result<String> {
        self.postgres.drop_database(name).await?;
        let url = self.postgres.create_database(name, None).await?;
        connect(&url)
            .await?
            .batch_execute(
                "CREATE TABLE events (
                     aggregate_type text NOT NULL,
                     aggregate_id text NOT NULL,
                     sequence bigint CHECK (sequence >= 0) NOT NULL,
                     event_type text NOT NULL,
                     event_version text NOT NULL,
                     payload json NOT NULL,
                     metadata json NOT NULL,
                     PRIMARY KEY (aggregate_type, aggregate_id, sequence)
                 )",
            )
            .await?;
        Ok(url)
    }
}

/// The peer's connections: as many as postgres-es takes for itself by default.
pub(crate) async fn peer_pool(url: &str) -> Result<sqlx::PgPool> {
    let options: sqlx::postgres::PgConnectOptions = url.parse()?;
    Ok(sqlx::postgres::PgPoolOptions::new().max_connections(10).connect_with(options).await?)
}

impl LogDatabase {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn provision(&self, tenant: Ulid) -> Result<()> {
        Ok(pg::provision(&self.owner, tenant, "bench").await?)
    }

    pub(crate) fn config(&self) -> Config {
        // The URL comes from the server this program started.
        self.url.parse().unwrap_or_default()
    }

    /// Another session of the owner.
    pub(crate) async fn client(&self) -> Result<Client> {
        connect(&self.url).await
    }

    /// How many transactions were committed in it so far.
    pub(crate) async fn commits(&self) -> Result<i64> {
        let sql = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
        self.owner.batch_execute("SELECT pg_stat_clear_snapshot()").await?;
        Ok(self.owner.query_one(sql, &[]).await?.try_get(0)?)
    }

    pub(crate) fn pool(&self, role: &str, size: usize) -> Result<Pool> {
        let mut config = self.config();
        config.options(format!("-c role={role}"));
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, NoTls, recycling);
        Pool::builder(manager).max_size(size).build().context("building the pool")
    }
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
