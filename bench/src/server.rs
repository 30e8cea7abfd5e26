//! The one PostgreSQL server that both sides of every comparison use.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use event_store::pg;
use futures_util::future::try_join_all;
use rustix::fs::{Advice, fadvise};
use service::postgres::{Options, Postgres};
use tokio_postgres::{Client, Config, NoTls};
use ulid::Ulid;

/// A server of this run, with durable settings.
pub(crate) struct Server {
    postgres: Postgres,
    folder: PathBuf,
    memory: &'static str,
}

/// A database of it that holds a log.
pub(crate) struct LogDatabase {
    url: String,
    owner: Client,
}

impl Server {
    /// Starts the server in a folder that is emptied first.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        Self::start_with(folder, "128MB")
    }

    /// Starts it with so much memory for pages.
    pub(crate) fn start_with(folder: &Path, memory: &'static str) -> Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        Self::on(folder.to_owned(), memory)
    }

    /// Starts it on what an earlier run has kept in the folder, if it did.
    pub(crate) fn continued(folder: &Path, memory: &'static str) -> Result<Self> {
        Self::on(folder.to_owned(), memory)
    }

    fn on(folder: PathBuf, memory: &'static str) -> Result<Self> {
        let options = Options::new(&folder).set("max_wal_size", "4GB");
        let postgres = options.set("shared_buffers", memory).start()?;
        Ok(Self { postgres, folder, memory })
    }

    /// The same server once more, with nothing in its own memory nor in that
    /// of the operating system. What lies below is out of reach: the disk of a
    /// virtual machine may be in its host's memory.
    pub(crate) fn cooled(self) -> Result<Self> {
        let Self { postgres, folder, memory } = self;
        postgres.stop();
        forget(&folder)?;
        Self::on(folder, memory)
    }

    /// How long its processes have kept a processor busy. On a machine that
    /// does other things as well this tells more than time that passes.
    pub(crate) fn busy(&self) -> Result<Duration> {
        let server = self.postgres.pid().context("the server does not run")?;
        let mut ticks = 0;
        for entry in std::fs::read_dir("/proc")? {
            let Ok(stat) = std::fs::read_to_string(entry?.path().join("stat")) else { continue };
            // The name, which may hold anything, stands in brackets.
            let Some((id, rest)) = stat.split_once(" (") else { continue };
            let Some((_, rest)) = rest.rsplit_once(") ") else { continue };
            let fields: Vec<u64> =
                rest.split(' ').map(|field| field.parse().unwrap_or(0)).collect();
            // Its parent; then its own time, and that of children that have ended.
            let is_server = id.parse() == Ok(server);
            if is_server || fields.get(1) == Some(&u64::from(server)) {
                ticks += fields.iter().skip(11).take(if is_server { 4 } else { 2 }).sum::<u64>();
            }
        }
        // Linux counts in hundredths of a second.
        Ok(Duration::from_millis(ticks * 10))
    }

    /// A new database that is a copy of another.
    pub(crate) async fn copied_database(&self, of: &str, name: &str) -> Result<LogDatabase> {
        self.postgres.drop_database(name).await?;
        self.postgres.create_database(name, Some(of)).await?;
        self.database(name).await
    }

    /// A database that is there already.
    pub(crate) async fn database(&self, name: &str) -> Result<LogDatabase> {
        let url = self.postgres.url_of(name);
        let owner = connect(&url).await?;
        Ok(LogDatabase { url, owner })
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

    /// Gives many tenants a log, all at once.
    pub(crate) async fn provision_all(&self, tenants: &[Ulid]) -> Result<()> {
        self.owner.batch_execute("BEGIN").await?;
        try_join_all(tenants.iter().map(|tenant| self.provision(*tenant))).await?;
        Ok(self.owner.batch_execute("COMMIT").await?)
    }

    /// The session of the superuser, whom row level security does not hold
    /// back.
    pub(crate) fn owner(&self) -> &Client {
        &self.owner
    }

    /// Another such session.
    pub(crate) async fn session(&self) -> Result<Client> {
        connect(&self.url).await
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

/// Has the operating system forget what it keeps of the files in a folder.
fn forget(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            forget(&entry.path())?;
        } else if kind.is_file() {
            fadvise(std::fs::File::open(entry.path())?, 0, None, Advice::DontNeed)?;
        }
    }
    Ok(())
}
