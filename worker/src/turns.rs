//! Who serves which tenant.
//!
//! Locks of one session that this worker keeps for the purpose. They end with
//! the session, however that ends; the server ends it when nothing is heard
//! from the worker for a while, be it stopped, lost in the network, or idle.
//! Two workers that serve the same tenant after all only do the same work
//! twice: what holds is checked when a place is moved.

use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use event_store::pg::uuid;
use tokio::sync::{Mutex, MutexGuard};
use ulid::Ulid;

use crate::WorkerError;

const TAKE: &str =
    "SELECT pg_try_advisory_lock(hashtextextended('tenantry.worker:' || $1::uuid::text, 0))";
const GIVE_BACK: &str =
    "SELECT pg_advisory_unlock(hashtextextended('tenantry.worker:' || $1::uuid::text, 0))";

/// The turns of this worker.
pub(crate) struct Turns {
    pool: Pool,
    /// How long a silent worker keeps its tenants.
    longest: Duration,
    session: Mutex<Option<Object>>,
}

impl Turns {
    pub(crate) fn new(pool: Pool, longest: Duration) -> Self {
        Self { pool, longest, session: Mutex::default() }
    }

    /// Takes a tenant, unless another worker has it.
    pub(crate) async fn take(&self, tenant: Ulid) -> Result<bool, WorkerError> {
        self.ask(TAKE, tenant).await
    }

    /// Gives a tenant back. Where that fails the session has ended, and its
    /// locks with it.
    pub(crate) async fn give_back(&self, tenant: Ulid) {
        if let Err(error) = self.ask(GIVE_BACK, tenant).await {
            tracing::debug!(%error, "a turn ended with its session");
        }
    }

    async fn ask(&self, sql: &str, tenant: Ulid) -> Result<bool, WorkerError> {
        let mut session = self.session().await?;
        let Some(client) = session.as_ref() else { return Ok(false) };
        let asked = async {
            let statement = client.prepare_cached(sql).await?;
            client.query_one(&statement, &[&uuid(tenant)]).await
        };
        match asked.await {
            Ok(row) => Ok(row.try_get(0)?),
            Err(error) => {
                end(session.take());
                Err(error.into())
            }
        }
    }

    /// The session, a new one where the last has ended.
    async fn session(&self) -> Result<MutexGuard<'_, Option<Object>>, WorkerError> {
        let mut session = self.session.lock().await;
        if session.as_ref().is_none_or(|client| client.is_closed()) {
            let client = self.pool.get().await?;
            let limit = format!("SET idle_session_timeout = {}", self.longest.as_millis());
            client.batch_execute(&limit).await?;
            *session = Some(client);
        }
        Ok(session)
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        end(self.session.get_mut().take());
    }
}

/// Ends a session for good: back in the pool it would keep its locks.
fn end(session: Option<Object>) {
    drop(session.map(Object::take));
}
