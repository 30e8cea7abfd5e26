//! Whether the tables hold what the log says.
//!
//! Everything is folded again, up to where each read model's checkpoint
//! stands, and compared row by row with the table. All of it is seen in one
//! snapshot, so that commands and projectors may run meanwhile. A rebuild
//! waits with its swap until the verification is over.

mod difference;
mod tenant;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use deadpool_postgres::{ClientWrapper, Pool, PoolError};
use domain::kernel::Registry;
use event_store::{
    keys::KeyRing,
    pg::{ulid, unsigned},
};
use tokio_postgres::Error;
use ulid::Ulid;

use crate::{
    Progress, StepError,
    model::Model,
    session::InTransaction,
    tables::{Definition, Stands},
};

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
    /// How many differences there are.
    pub found: u64,
    /// The first of them.
    pub differences: Vec<Difference>,
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

/// Compares the table of one read model, or all tables, with the log.
///
/// The pool's sessions must have the role `tenantry_owner`; one of its
/// connections is used. The key ring needs a pool of its own: keys are looked
/// up while rows stream in.
///
/// # Errors
/// When the read model is unknown or the database refuses. Differences are no
/// error.
pub async fn verify(
    pool: &Pool,
    registry: &Arc<Registry>,
    ring: &Arc<KeyRing>,
    read_model: Option<&str>,
    progress: impl Fn(Progress) + Send + Sync,
) -> Result<Verified, VerifyError> {
    let mut models = Model::all(registry, ring);
    if let Some(name) = read_model {
        models.retain(|model| model.entry().name == name);
        if models.is_empty() {
            return Err(VerifyError::Unknown(name.to_owned()));
        }
    }
    let client = pool.get().await?;
    let transaction = InTransaction::on(&client);
    begin(&client, &models).await?;
    let standing = Standing::of_all(&client, &models).await?;
    let mut verification = Verification {
        client: &client,
        registry,
        ring,
        models: &models,
        verified: Verified::default(),
        total: standing.values().map(Standing::until).sum(),
        progress: &progress,
        done: 0,
    };
    for (tenant, standing) in standing {
        verification.tenant(tenant, standing).await?;
    }
    let verified = verification.verified;
    client.batch_execute("COMMIT").await?;
    transaction.ended();
    Ok(verified)
}

/// Opens the one snapshot. The tables are held first: a table that took
/// another's place after the snapshot would look empty in it.
async fn begin(client: &ClientWrapper, models: &[Arc<Model>]) -> Result<(), VerifyError> {
    client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    for model in models {
        client.batch_execute(&Definition::of(model.entry(), Stands::Live).hold()).await?;
    }
    let role: String = client.query_one("SELECT current_user::text", &[]).await?.try_get(0)?;
    if role == "tenantry_owner" { Ok(()) } else { Err(VerifyError::Role(role)) }
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

    async fn of_all(
        client: &ClientWrapper,
        models: &[Arc<Model>],
    ) -> Result<BTreeMap<Ulid, Self>, Error> {
        let consumers: Vec<&str> = models.iter().map(|model| &*model.consumer).collect();
        let rows = client.query(include_str!("../sql/standing.sql"), &[&consumers]).await?;
        let mut tenants = BTreeMap::<Ulid, Self>::new();
        for row in rows {
            let tenant = ulid(row.try_get(0)?);
            let head = unsigned(row.try_get(1)?);
            let standing = tenants.entry(tenant).or_insert_with(|| Self::of(head, vec![]));
            standing.checkpoints.push(unsigned(row.try_get(2)?));
            standing.remembered.push(unsigned(row.try_get(3)?));
        }
        // Rows of tenants that have no log are differences, too.
        for tenant in strangers(client, models).await? {
            tenants.entry(tenant).or_insert_with(|| Self::of(0, vec![0; models.len()]));
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
