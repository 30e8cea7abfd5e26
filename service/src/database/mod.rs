//! A pool of connections that cannot leak one tenant's transaction to another.
//!
//! No way of recycling a connection ends a transaction that was left open, so
//! nobody gets a bare connection by accident. [`Database::read`] and
//! [`Database::read_once`] run one statement as one tenant in one round trip.
//! [`Database::transaction`] and [`Database::snapshot`] give a transaction that
//! takes its connection with it when it is dropped half-way.

mod config;
mod error;
mod gauge;
mod read;
mod role;
#[cfg(test)]
mod tests;
mod transaction;
mod unnamed;

use std::sync::Arc;

use deadpool_postgres::{
    HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
    TimeoutType,
};
use tokio_postgres::NoTls;
use ulid::Ulid;
use uuid::Uuid;

use self::{config::Ways, error::Place, unnamed::WithoutNames};

pub use error::DatabaseError;
pub use transaction::Transaction;

/// As whom a process works in the database. Each role may do just what its
/// process has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DatabaseRole {
    /// Owns everything; for migrations alone.
    Owner,
    /// Appends to the log and reads it.
    Command,
    /// Reads the read tables.
    Query,
    /// Reads the log and writes the read tables.
    Projector,
    /// Reads the log and keeps timers and deliveries.
    Worker,
    /// Moves old events between the log and cold storage.
    Cold,
}

impl DatabaseRole {
    /// Its name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "tenantry_owner",
            Self::Command => "tenantry_command",
            Self::Query => "tenantry_query",
            Self::Projector => "tenantry_projector",
            Self::Worker => "tenantry_worker",
            Self::Cold => "tenantry_cold",
        }
    }

    /// Whether it keeps something from one transaction to the next: the owner
    /// settings, the worker the locks of the tenants it serves.
    #[must_use]
    pub const fn needs_sessions(self) -> bool {
        matches!(self, Self::Owner | Self::Worker)
    }
}

/// Connections in one role. Cheap to copy; copies share the connections.
#[derive(Debug, Clone)]
pub struct Database {
    pool: Pool,
    ways: Arc<Ways>,
    place: Arc<Place>,
    role: DatabaseRole,
}

impl Database {
    /// Makes a pool and its first connection, so that a mistake shows now.
    ///
    /// # Errors
    /// When no database is configured, or it cannot be reached in this role.
    pub async fn connect(
        config: &crate::config::Database,
        role: DatabaseRole,
        connections: usize,
    ) -> Result<Self, DatabaseError> {
        let ways = config::of(config, role)?;
        let place = Place::of(&ways.pool, role, connections, config.wait_timeout);
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let connecting = ways.pool.clone();
        let manager = if ways.names {
            Manager::from_config(connecting, NoTls, recycling)
        } else {
            Manager::from_connect(connecting, WithoutNames, recycling)
        };
        let pool = Pool::builder(manager)
            .post_create(role::checked(role))
            .max_size(connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(config.wait_timeout))
            .create_timeout(Some(config.connect_timeout))
            .build()
            .map_err(|error| DatabaseError::Pool(error.to_string()))?;
        gauge::watch(role, &pool);
        let (ways, place) = (Arc::new(ways), Arc::new(place));
        let database = Self { pool, ways, place, role };
        drop(database.connection().await?);
        Ok(database)
    }

    /// The role all connections are in.
    #[must_use]
    pub fn role(&self) -> DatabaseRole {
        self.role
    }

    /// The pool itself, for the log and the projector, who keep the rules that
    /// everybody else is kept from breaking: a raw BEGIN goes out together with
    /// its COMMIT or not at all.
    #[must_use]
    pub fn raw(&self) -> &Pool {
        &self.pool
    }

    /// How the pool makes its connections.
    #[must_use]
    pub fn connecting(&self) -> &tokio_postgres::Config {
        &self.ways.pool
    }

    /// How to make a connection that stays the same session, as LISTEN needs
    /// one. Nothing where only a pooler is configured.
    #[must_use]
    pub fn listening(&self) -> Option<&tokio_postgres::Config> {
        self.ways.session.as_ref()
    }

    /// Asks whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), DatabaseError> {
        let connection = self.connection().await?;
        connection.batch_execute("").await.map_err(DatabaseError::of)
    }

    async fn connection(&self) -> Result<Object, DatabaseError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => DatabaseError::Busy {
                connections: self.place.connections,
                waited_ms: self.place.wait.as_millis(),
            },
            PoolError::Backend(source) => self.place.unreachable(&source),
            PoolError::PostCreateHook(HookError::Backend(source)) => {
                self.place.unreachable(&source)
            }
            PoolError::PostCreateHook(HookError::Message(reason)) => {
                self.place.refused(reason.into_owned())
            }
            PoolError::Timeout(_) => self.place.silent(),
            other => DatabaseError::Pool(other.to_string()),
        })
    }
}

/// A tenant as the database knows it.
fn uuid(tenant: Ulid) -> Uuid {
    Uuid::from_u128(tenant.0)
}
