//! A database per test, copied from a template on a server that all tests of a
//! run share.

use std::path::Path;

use anyhow::{Context, Result};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use event_store::pg;
use service::postgres::{Options, Postgres};
use tokio_postgres::{Client, Config, NoTls};
use ulid::Ulid;

/// A login for each service, as operators make them.
pub const LOGINS: &str = include_str!("../../docs/operations/logins.sql");

/// A database of one test. It is dropped with this value.
pub struct Database {
    postgres: Postgres,
    name: String,
    /// How to connect to it as its owner.
    pub url: String,
}

impl Database {
    /// A database with the log's schema and nothing in it.
    ///
    /// # Errors
    /// When the server does not start or refuses.
    pub async fn new() -> Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/test-postgres");
        let postgres = Options::new(folder).throwaway().share()?;
        // A template per schema: a changed schema makes a new one.
        let schema = event_store::request_hash(&[pg::SCHEMA.as_bytes(), LOGINS.as_bytes()]);
        let template = format!("log_{}", Ulid::from_bytes(first_half(schema)));
        postgres
            .ensure_database(&template, |url| async move {
                let mut owner = connect(&url).await?;
                pg::migrate(&mut owner).await?;
                // Roles are the whole server's: made here, one at a time.
                owner.batch_execute(LOGINS).await?;
                anyhow::Ok(())
            })
            .await?;
        let name = format!("test_{}", Ulid::generate());
        let url = postgres.create_database(&name, Some(&template)).await?;
        Ok(Self { postgres, name, url })
    }

    /// A session of the owner.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn owner(&self) -> Result<Client> {
        connect(&self.url).await
    }

    /// How to connect.
    #[must_use]
    pub fn config(&self) -> Config {
        self.url.parse().unwrap_or_default()
    }

    /// Connections of one of the services' roles.
    ///
    /// # Errors
    /// When the pool cannot be built.
    pub fn pool(&self, role: &str) -> Result<Pool> {
        pool(self.config(), role)
    }

    /// A new tenant with a log.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn tenant(&self) -> Result<Ulid> {
        let tenant = Ulid::generate();
        pg::provision(&self.owner().await?, tenant, "a tenant").await?;
        Ok(tenant)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Dropping is asynchronous work, and drop is not: a thread of its own.
        let postgres = &self.postgres;
        let name = &self.name;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                if let Ok(runtime) = runtime {
                    // What is left behind is dropped with the folder.
                    let _ = runtime.block_on(postgres.drop_database(name));
                }
            });
        });
    }
}

/// Connections of one of the services' roles.
///
/// # Errors
/// When the pool cannot be built.
pub fn pool(mut config: Config, role: &str) -> Result<Pool> {
    config.options(format!("-c role={role}"));
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config, NoTls, recycling);
    Pool::builder(manager).max_size(8).build().context("building a pool")
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn first_half(hash: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(hash.split_at(16).0);
    half
}
