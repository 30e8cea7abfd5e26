//! Whose log the events of a tenant of the source go into.

use std::collections::BTreeMap;

use tokio_postgres::Client;
use ulid::Ulid;

use super::{ImportError, ids};
use crate::{TenantId, pg};

/// A tenant of the source, and where it lands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landing {
    /// What the rule found.
    pub named: String,
    /// The tenant here.
    pub tenant: Ulid,
    /// Whether it has no log yet.
    pub new: bool,
    /// How many of its events the source holds.
    pub events: u64,
}

/// Finds the tenants that are meant: by id, or by name. Those that are not
/// there become faults, or new.
pub(super) async fn land(
    target: &Client,
    found: &BTreeMap<String, u64>,
    create: bool,
    faults: &mut Vec<String>,
) -> Result<Vec<Landing>, ImportError> {
    let known = pg::tenants(target).await.map_err(ImportError::Target)?;
    let mut landings: Vec<Landing> = vec![];
    for (named, events) in found {
        let id = named.parse::<TenantId>().map(|id| id.0).ok().or_else(|| ids::shaped(named));
        let mut called = known.iter().filter(|tenant| tenant.name == *named);
        let (tenant, new) = match (id, called.next(), called.next()) {
            (Some(id), ..) => (id, !known.iter().any(|tenant| tenant.id == id)),
            (None, Some(one), None) => (one.id, false),
            (None, Some(_), Some(_)) => {
                faults.push(format!(
                    "several tenants are called {named:?}; let the rule give the id of one"
                ));
                continue;
            }
            (None, None, _) => (ids::derived(&["tenant", named]), true),
        };
        let new = new && !known.iter().any(|known| known.id == tenant);
        if new && !create {
            faults.push(format!(
                "there is no tenant {named:?} here ({events} events); create it, or let the import \
                 do so with --create-tenants"
            ));
        }
        if let Some(other) = landings.iter().find(|other| other.tenant == tenant) {
            faults.push(format!("{named:?} and {:?} are one tenant here", other.named));
        }
        landings.push(Landing { named: named.clone(), tenant, new, events: *events });
    }
    Ok(landings)
}
