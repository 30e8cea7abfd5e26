//! Reads everything and names what differs from what was signed.
//!
//! Three records are compared: the rows, the tiles made of their hashes, and
//! the signed roots above these. Only the last cannot be forged, so they are
//! the judge: two trees are grown side by side, one of the hashes in the
//! tiles, one of the rows, and each checkpoint on the way says which of them
//! is the log that was signed. In a log nobody has touched both are one.

mod cold;
mod compare;
mod difference;
mod moves;
mod reader;
mod signed;

use deadpool_postgres::Pool;
use ulid::Ulid;

use self::{compare::Comparison, difference::Found};
use super::{Checkpoint, Keyring};
use crate::{
    ReadError,
    history::History,
    pg::{failed, session_client, ulid},
};

pub use difference::{Difference, Kind};

/// What is audited.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// One tenant's log; all when absent.
    pub tenant: Option<Ulid>,
    /// Checkpoints that were kept elsewhere. They tell what the database
    /// cannot: that it was set back, checkpoints and all.
    pub kept: Vec<Checkpoint>,
    /// What reads back cold events.
    pub history: History,
}

/// What an audit came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audited {
    /// How many logs were read.
    pub tenants: u64,
    /// How many events.
    pub events: u64,
    /// How many of them are sealed. The rest is as safe as the database is.
    pub sealed: u64,
    /// How many checkpoints were compared.
    pub checkpoints: u64,
    /// The differences, as many as are told one by one.
    pub differences: Vec<Difference>,
    /// How many differences there are.
    pub found: u64,
}

/// Audits logs over a pool whose sessions have the role `tenantry_owner`. Runs
/// beside everything else. `progress` is told how many events were read.
///
/// # Errors
/// When the database does not answer.
pub async fn audit(
    pool: &Pool,
    keyring: &Keyring,
    scope: &Scope,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Audited, ReadError> {
    let tenants = match scope.tenant {
        Some(tenant) => vec![tenant],
        None => all_tenants(pool).await?,
    };
    let mut audited = Audited::default();
    for tenant in tenants {
        let origin = keyring.origin(tenant);
        let kept = scope.kept.iter().filter(|checkpoint| checkpoint.origin == origin);
        let before = audited.events;
        let comparison = Comparison::begin(pool, keyring, tenant, kept.cloned().collect()).await?;
        let one = comparison.run(&scope.history, |events| progress(before + events)).await?;
        audited.tenants += 1;
        audited.events += one.events;
        audited.sealed += one.sealed;
        audited.checkpoints += one.checkpoints;
        audited.found += one.found;
        audited.differences.extend(one.differences);
    }
    Ok(audited)
}

async fn all_tenants(pool: &Pool) -> Result<Vec<Ulid>, ReadError> {
    let client = session_client(pool).await?;
    let rows = client.query(include_str!("../sql/audit_tenants.sql"), &[]).await;
    let tenants = rows.map_err(failed)?;
    let id = |row: &tokio_postgres::Row| Ok(ulid(row.try_get(0)?));
    tenants.iter().map(id).collect::<Result<_, _>>().map_err(failed)
}
