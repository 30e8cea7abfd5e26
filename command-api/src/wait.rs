//! Waiting until what was written can be read.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use deadpool_postgres::Pool;
use domain::kernel::Registry;
use event_store::{
    ReadError,
    pg::{Channel, Signals, TenantRead, number, uuid},
};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, timeout},
};
use ulid::Ulid;
use uuid::Uuid;

use crate::api::Inner;

/// Knows how far the read models have come.
#[async_trait]
pub trait ReadModels: Send + Sync + 'static {
    /// Waits until all read models show a tenant up to a position.
    async fn reach(&self, tenant: Ulid, position: u64) -> Result<(), ReadError>;
}

/// The read models in PostgreSQL, whose places in the log are kept there.
pub struct PgReadModels {
    pool: Pool,
    signals: Signals,
    /// The names under which read models keep their places.
    consumers: Vec<String>,
}

impl Inner {
    /// Waits for the read models as long as the client wishes and the request
    /// may take, and says which wish was granted. Nothing is lost when they do
    /// not come in time: the command is done, and only the preference was not
    /// granted.
    pub(crate) async fn wait(
        &self,
        (tenant, position): (Ulid, u64),
        wished: Duration,
        asked_at: Instant,
    ) -> Option<String> {
        let read_models = self.read_models.as_ref()?;
        let granted = wished.min(self.patience.saturating_sub(asked_at.elapsed()));
        match timeout(granted, read_models.reach(tenant, position)).await {
            Ok(Ok(())) => {
                let seconds = wished.as_secs().min(self.patience.as_secs().max(1));
                Some(format!("wait={seconds}"))
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "cannot wait for the read models");
                None
            }
            Err(_) => None,
        }
    }
}

/// How long nothing is heard before the places are looked at.
const POLL: Duration = Duration::from_millis(50);

/// Whether one of these read models, or of those that stand in for them, has not
/// come so far. One that was never built, and that none stands in for, is waited
/// for by nobody: there is nothing to read. $1 tenant, $2 consumers, $3 position
const BEHIND: &str = "SELECT EXISTS (
    SELECT FROM unnest($2::text[]) AS asked (consumer)
    LEFT JOIN log.read_tables AS seen ON seen.consumer = asked.consumer
    LEFT JOIN log.checkpoints AS c
        ON c.tenant_id = $1 AND c.consumer = coalesce(seen.shows, asked.consumer)
    WHERE coalesce(c.position, 0) < $3
        AND (seen.consumer IS NULL OR seen.shows IS NOT NULL)
    )";

impl PgReadModels {
    /// The read models of a domain. The pool's sessions have the role
    /// `tenantry_command`.
    #[must_use]
    pub fn new(registry: &Registry, pool: Pool, signals: Signals) -> Arc<Self> {
        let read_models = registry.read_models().iter();
        let consumers = read_models.map(domain::kernel::ReadModelEntry::table_name).collect();
        Arc::new(Self { pool, signals, consumers })
    }

    async fn have_reached(&self, tenant: Ulid, position: u64) -> Result<bool, ReadError> {
        let client = self.pool.get().await;
        let client = client.map_err(|error| ReadError::Unavailable(error.to_string()))?;
        let position = number(position);
        let rows = TenantRead { client: &client, tenant }
            .query(BEHIND, &[&uuid(tenant), &self.consumers, &position])
            .await?;
        Ok(rows.first().is_some_and(|row| !row.get::<_, bool>(0)))
    }
}

#[async_trait]
impl ReadModels for PgReadModels {
    async fn reach(&self, tenant: Ulid, position: u64) -> Result<(), ReadError> {
        // Listening begins before looking: nothing can happen in between.
        let mut hints = self.signals.listen(Channel::Read);
        while !self.have_reached(tenant, position).await? {
            let heard = hint(&mut hints, tenant, position);
            // That nothing was heard in time is a reason to look as well.
            let _ = timeout(POLL, heard).await;
        }
        Ok(())
    }
}

/// Waits for a hint that some read model shows a tenant up to a position.
async fn hint(hints: &mut Receiver<Arc<str>>, tenant: Ulid, position: u64) {
    loop {
        match hints.recv().await {
            Ok(hint) if is_about(&hint, tenant, position) => return,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// Reads `{tenant as UUID}:{position}`.
fn is_about(hint: &str, tenant: Ulid, position: u64) -> bool {
    hint.split_once(':').is_some_and(|(about, reached)| {
        about.parse().is_ok_and(|about: Uuid| about == uuid(tenant))
            && reached.parse().is_ok_and(|reached: u64| reached >= position)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_about_one_tenant_and_all_before_its_position() {
        let tenant = Ulid(0x0192_bf74_6e85_41ea_8d07_823e_26d3_f54b);
        let about = |hint| is_about(hint, tenant, 7);
        assert!(about("0192bf74-6e85-41ea-8d07-823e26d3f54b:7"));
        assert!(about("0192bf74-6e85-41ea-8d07-823e26d3f54b:8"));
        assert!(!about("0192bf74-6e85-41ea-8d07-823e26d3f54b:6"));
        assert!(!about("0192bf74-6e85-41ea-8d07-823e26d3f54c:7"));
        assert!(!about("gibberish"));
    }
}
