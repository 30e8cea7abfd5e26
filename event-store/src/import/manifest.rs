//! What was imported before, and by which rules.

use std::collections::BTreeMap;

use tokio_postgres::{Client, Row};
use ulid::Ulid;

use super::{ImportError, OrderRule, Rules};
use crate::pg::ulid;

/// What holds everybody else off while an import is under way.
const LOCK: &str = "SELECT pg_try_advisory_lock(hashtext('tenantry.import'))";
const UNLOCK: &str = "SELECT pg_advisory_unlock(hashtext('tenantry.import'))";

/// The manifests of a database.
pub(super) struct Manifest {
    tenants: BTreeMap<Ulid, Known>,
    versions: Versions,
}

/// How far streams have been imported, by tenant, and type and id in the
/// source.
pub(super) type Versions = BTreeMap<(Ulid, String, String), i64>;

/// What is known of a tenant.
struct Known {
    position: i64,
    imported: Option<Earlier>,
}

/// An import that was begun.
struct Earlier {
    order: String,
    rules: Rules,
    events: i64,
}

impl Manifest {
    /// Lets others import.
    pub(super) async fn release(target: &Client) {
        // Where the session has ended, so has its hold.
        let _ = target.query_one(UNLOCK, &[]).await;
    }

    /// Reads the manifests; unless nothing will be written, nobody else may
    /// import until they are released.
    pub(super) async fn open(target: &Client, reading: bool) -> Result<Self, ImportError> {
        if !reading {
            let row = target.query_one(LOCK, &[]).await.map_err(ImportError::Target)?;
            if !row.get::<_, bool>(0) {
                return Err(ImportError::Disturbed("another import is under way".to_owned()));
            }
        }
        let sql = "SELECT h.tenant_id, h.position, i.order_rule, i.rules, i.events
             FROM log.heads AS h LEFT JOIN log.imported_histories AS i USING (tenant_id)";
        let mut tenants = BTreeMap::new();
        for row in target.query(sql, &[]).await.map_err(ImportError::Target)? {
            let imported = match (row.get(2), row.get(3), row.get(4)) {
                (Some(order), Some(rules), Some(events)) => Some(Earlier {
                    order,
                    rules: serde_json::from_value(rules).map_err(|error| {
                        ImportError::Rules(format!("log.imported_histories: {error}"))
                    })?,
                    events,
                }),
                _ => None,
            };
            tenants.insert(ulid(row.get(0)), Known { position: row.get(1), imported });
        }
        Ok(Self { tenants, versions: versions(target).await? })
    }

    /// How far a stream has been imported.
    pub(super) fn version(&self, tenant: Ulid, kind: &str, id: &str) -> i64 {
        self.versions.get(&(tenant, kind.to_owned(), id.to_owned())).copied().unwrap_or(0)
    }

    /// Why nothing may be imported into a tenant.
    pub(super) fn faults(&self, tenant: Ulid, rules: &Rules, order: &OrderRule) -> Vec<String> {
        let Some(known) = self.tenants.get(&tenant) else { return vec![] };
        let tenant = crate::TenantId(tenant);
        let imported = known.imported.as_ref().map_or(0, |earlier| earlier.events);
        let mut faults = vec![];
        if known.position != imported {
            faults.push(format!(
                "{tenant} has {} events that were not imported: an import goes into an empty log, \
                 and goes on only until the tenant is written to here",
                known.position - imported
            ));
        }
        if let Some(earlier) = &known.imported {
            if earlier.order != order.to_string() {
                faults.push(format!(
                    "the import into {tenant} was begun in the order {}, not {order}",
                    earlier.order
                ));
            }
            if let Some(what) = changed(&earlier.rules, rules) {
                faults
                    .push(format!("the import into {tenant} was begun with another rule: {what}"));
            }
        }
        faults
    }
}

/// Reads how far streams have been imported.
pub(super) async fn versions(target: &Client) -> Result<Versions, ImportError> {
    let sql = "SELECT tenant_id, source_type, source_id, version FROM log.imported_streams";
    let rows = target.query(sql, &[]).await.map_err(ImportError::Target)?;
    let each = |row: &Row| ((ulid(row.get(0)), row.get(1), row.get(2)), row.get(3));
    Ok(rows.iter().map(each).collect())
}

/// What is otherwise than when an import was begun. Rules may come to be for
/// what had none.
fn changed(before: &Rules, now: &Rules) -> Option<String> {
    if before.table != now.table {
        return Some(format!("the table was {}, not {}", before.table, now.table));
    }
    if before.tenant != now.tenant {
        return Some(format!("the tenant came from {:?}, not {:?}", before.tenant, now.tenant));
    }
    if before.actor != now.actor {
        return Some(format!("the actor came from {:?}, not {:?}", before.actor, now.actor));
    }
    before.types.iter().find_map(|(kind, rule)| {
        (now.types.get(kind) != Some(rule)).then(|| format!("that for {kind}"))
    })
}
