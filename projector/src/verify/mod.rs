//! Whether the tables hold what the log says.
//!
//! Everything is folded again, tenant by tenant, up to where each read model's
//! checkpoint stands, and compared row by row with the table. All that is seen
//! of a tenant is seen in one snapshot, so that commands and projectors may run
//! meanwhile. What is left out of a read model, be it quarantined or discarded,
//! is left out here too, and counted. A rebuild waits with its swap until a tenant is done.

mod difference;
mod tenant;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use deadpool_postgres::{ClientWrapper, Pool, PoolError};
use domain::kernel::Registry;
use event_store::{
    TenantId,
    keys::KeyRing,
    pg::{ulid, unsigned},
};
use tokio_postgres::Error;
use ulid::Ulid;

use crate::{Progress, StepError, model::Model};

pub use difference::{Difference, What};
use tenant::Verification;

/// What a verification has found.
#[derive(Debug, Default)]
pub struct Verified {
    /// Tenants whose logs were folded.
    pub tenants: usize,
    /// Events that were folded, each once however many read models it went
    /// into.
    pub events: u64,
    /// Rows that were compared.
    pub rows: u64,
    /// Streams that are quarantined for a read model, and left out of it.
    pub quarantined: u64,
    /// Events that were discarded, and are left out for ever.
    pub discarded: u64,
    /// How many differences there are.
    pub found: u64,
    /// The first of them.
    pub differences: Vec<Difference>,
}

impl std::ops::AddAssign for Verified {
    fn add_assign(&mut self, other: Self) {
        self.tenants += other.tenants;
        self.events += other.events;
        self.rows += other.rows;
        self.quarantined += other.quarantined;
        self.discarded += other.discarded;
        self.found += other.found;
        let room = TOLD.saturating_sub(self.differences.len());
        self.differences.extend(other.differences.into_iter().take(room));
    }
}

/// Why a verification came to no result.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// No such read model is declared.
    #[error("there is no read model {0}")]
    Unknown(String),
    /// The sessions cannot see everything.
    #[error("the sessions of a verification must have the role tenantry_owner, this one has {0}")]
    Role(String),
    /// The folding thread broke off.
    #[error("folding broke off: {0}")]
    Thread(#[from] tokio::task::JoinError),
    /// It broke off with a tenant; those before are compared.
    #[error("{source} (`--from {tenant}` goes on from there)")]
    Interrupted {
        /// Which tenant.
        tenant: TenantId,
        /// Why.
        source: Box<VerifyError>,
    },
    /// What a step, too, can fail of.
    #[error(transparent)]
    Step(#[from] StepError),
}

impl From<Error> for VerifyError {
    fn from(error: Error) -> Self {
        Self::Step(error.into())
    }
}

impl From<PoolError> for VerifyError {
    fn from(error: PoolError) -> Self {
        Self::Step(error.into())
    }
}

/// Differences that are told one by one.
const TOLD: usize = 100;

/// What is compared.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// One read model, all its versions; otherwise all.
    pub read_model: Option<String>,
    /// One tenant; otherwise all.
    pub tenant: Option<Ulid>,
    /// The tenants from this one on: where an earlier comparison broke off.
    pub from: Option<Ulid>,
}

/// Compares tables with the log.
///
/// The pool's sessions must have the role `tenantry_owner`; one of its
/// connections is used. The key ring needs a pool of its own: keys are looked
/// up while rows stream in. In memory are the rows of one tenant.
///
/// # Errors
/// When the read model is unknown or the database refuses. Differences are no
/// error.
pub async fn verify(
    pool: &Pool,
    registry: &Arc<Registry>,
    ring: &Arc<KeyRing>,
    scope: &Scope,
    progress: impl Fn(Progress) + Send + Sync,
) -> Result<Verified, VerifyError> {
    let mut declared = Model::all(registry, ring);
    if let Some(name) = &scope.read_model {
        declared.retain(|[model, _]| model.entry().name == *name);
        if declared.is_empty() {
            return Err(VerifyError::Unknown(name.clone()));
        }
    }
    let client = pool.get().await?;
    let role: String = client.query_one("SELECT current_user::text", &[]).await?.try_get(0)?;
    if role != "tenantry_owner" {
        return Err(VerifyError::Role(role));
    }
    let mut models = Model::standing(&client, &declared).await?;
    let mut tenants = Standing::of_all(&client, &models).await?;
    tenants.retain(|tenant, _| {
        scope.tenant.is_none_or(|only| only == *tenant)
            && scope.from.is_none_or(|from| from <= *tenant)
    });
    let total = tenants.values().map(Standing::until).sum();
    let mut verified = Verified::default();
    let mut done = 0;
    for tenant in tenants.into_keys() {
        let interrupted = |error: VerifyError| VerifyError::Interrupted {
            tenant: TenantId(tenant),
            source: Box::new(error),
        };
        loop {
            let (client, models_now) = (&client, &models);
            let verification = Verification {
                client,
                registry,
                ring,
                models: models_now,
                verified: Verified::default(),
                total,
                progress: &progress,
                done,
            };
            match verification.run(tenant).await {
                Ok(Some((found, reached))) => {
                    verified += found;
                    done = reached;
                    break;
                }
                // Somebody has moved a table.
                Ok(None) => {
                    models = Model::standing(client, &declared).await.map_err(VerifyError::from)?;
                }
                Err(error) => return Err(interrupted(error)),
            }
        }
    }
    Ok(verified)
}

/// How far a tenant's log and its read models have come.
struct Standing {
    head: u64,
    /// One per read model.
    checkpoints: Vec<u64>,
    /// How many people were erased who are still in the rows of each.
    remembered: Vec<u64>,
}

impl Standing {
    fn of(head: u64, checkpoints: Vec<u64>) -> Self {
        Self { head, checkpoints, remembered: vec![] }
    }

    fn until(&self) -> u64 {
        self.checkpoints.iter().copied().max().unwrap_or(0)
    }

    /// Those of all tenants, at about the same time.
    async fn of_all(
        client: &ClientWrapper,
        models: &[Arc<Model>],
    ) -> Result<BTreeMap<Ulid, Self>, Error> {
        let mut tenants = Self::read(client, models, None).await?;
        // Rows of tenants that have no log are differences, too.
        for tenant in strangers(client, models).await? {
            tenants.entry(tenant).or_insert_with(|| Self::of(0, vec![0; models.len()]));
        }
        Ok(tenants)
    }

    /// That of one tenant, as the open transaction sees it.
    async fn of_one(
        client: &ClientWrapper,
        models: &[Arc<Model>],
        tenant: Ulid,
    ) -> Result<Self, Error> {
        let mut read = Self::read(client, models, Some(tenant)).await?;
        Ok(read.remove(&tenant).unwrap_or_else(|| Self::of(0, vec![0; models.len()])))
    }

    async fn read(
        client: &ClientWrapper,
        models: &[Arc<Model>],
        tenant: Option<Ulid>,
    ) -> Result<BTreeMap<Ulid, Self>, Error> {
        let consumers: Vec<&str> = models.iter().map(|model| &*model.consumer).collect();
        let tenant = tenant.map(event_store::pg::uuid);
        let statement = client.prepare_cached(include_str!("../sql/standing.sql")).await?;
        let rows = client.query(&statement, &[&consumers, &tenant]).await?;
        let mut tenants = BTreeMap::<Ulid, Self>::new();
        for row in rows {
            let tenant = ulid(row.try_get(0)?);
            let head = unsigned(row.try_get(1)?);
            let standing = tenants.entry(tenant).or_insert_with(|| Self::of(head, vec![]));
            standing.checkpoints.push(unsigned(row.try_get(2)?));
            standing.remembered.push(unsigned(row.try_get(3)?));
        }
        Ok(tenants)
    }
}

/// Everybody who has rows.
async fn strangers(client: &ClientWrapper, models: &[Arc<Model>]) -> Result<BTreeSet<Ulid>, Error> {
    let mut tenants = BTreeSet::new();
    for model in models {
        for row in client.query(&model.table.tenants, &[]).await? {
            tenants.insert(ulid(row.try_get(0)?));
        }
    }
    Ok(tenants)
}
