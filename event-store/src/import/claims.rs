//! What imported events take and release, in their order.

use std::collections::{BTreeMap, BTreeSet};

use domain::kernel::Claim;
use tokio_postgres::{Client, Transaction};
use ulid::Ulid;
use uuid::Uuid;

use super::{ImportError, prepare::Prepared};
use crate::pg::{number, unsigned, uuid};

type Value = (Ulid, String, String);

/// Who holds what.
#[derive(Default)]
pub(super) struct Claims {
    held: BTreeMap<Value, Ulid>,
    series: BTreeMap<(Ulid, String), u64>,
    changed: BTreeSet<Value>,
    counted: BTreeSet<(Ulid, String)>,
}

impl Claims {
    /// What these tenants hold already.
    pub(super) async fn of(target: &Client, tenants: &[Uuid]) -> Result<Self, ImportError> {
        let mut claims = Self::default();
        let sql =
            "SELECT tenant_id, scope, key, stream_id FROM log.claims WHERE tenant_id = ANY ($1)";
        for row in target.query(sql, &[&tenants]).await.map_err(ImportError::Target)? {
            let value = (crate::pg::ulid(row.get(0)), row.get(1), row.get(2));
            claims.held.insert(value, crate::pg::ulid(row.get(3)));
        }
        let sql =
            "SELECT tenant_id, series, last_number FROM log.series WHERE tenant_id = ANY ($1)";
        for row in target.query(sql, &[&tenants]).await.map_err(ImportError::Target)? {
            let last: i64 = row.get(2);
            let series = (crate::pg::ulid(row.get(0)), row.get(1));
            claims.series.insert(series, unsigned(last));
        }
        Ok(claims)
    }

    /// Lets an event take and release.
    pub(super) fn apply(&mut self, event: &Prepared) -> Result<(), String> {
        for claim in &event.claims {
            match claim {
                Claim::Take { scope, key, personal } => {
                    let value = (event.tenant, (*scope).to_owned(), key.clone());
                    match self.held.get(&value) {
                        Some(other) if *other != event.stream => {
                            let shown = if *personal { String::new() } else { format!(" {key:?}") };
                            return Err(format!(
                                "{scope}{shown} belongs to another stream already"
                            ));
                        }
                        _ => self.held.insert(value.clone(), event.stream),
                    };
                    self.changed.insert(value);
                }
                Claim::Release { scope, key, .. } => {
                    let value = (event.tenant, (*scope).to_owned(), key.clone());
                    if self.held.get(&value) == Some(&event.stream) {
                        self.held.remove(&value);
                        self.changed.insert(value);
                    }
                }
                Claim::Number { series, number } => {
                    let series = (event.tenant, series.clone());
                    let last = self.series.entry(series.clone()).or_default();
                    *last = (*last).max(*number);
                    self.counted.insert(series);
                }
            }
        }
        Ok(())
    }

    /// Writes what has changed, in the open transaction of `tenantry_log`.
    pub(super) async fn write(
        &mut self,
        transaction: &Transaction<'_>,
    ) -> Result<(), tokio_postgres::Error> {
        let changed = std::mem::take(&mut self.changed);
        if !changed.is_empty() {
            let (mut tenants, mut scopes, mut keys, mut streams) = (vec![], vec![], vec![], vec![]);
            for value in &changed {
                tenants.push(uuid(value.0));
                scopes.push(value.1.as_str());
                keys.push(value.2.as_str());
                streams.push(self.held.get(value).copied().map(uuid));
            }
            let sql = include_str!("sql/claims.sql");
            transaction.execute(sql, &[&tenants, &scopes, &keys, &streams]).await?;
        }
        let counted = std::mem::take(&mut self.counted);
        if !counted.is_empty() {
            let tenants: Vec<Uuid> = counted.iter().map(|series| uuid(series.0)).collect();
            let names: Vec<&str> = counted.iter().map(|series| series.1.as_str()).collect();
            let numbers: Vec<i64> = counted
                .iter()
                .map(|series| self.series.get(series).copied().unwrap_or(0))
                .map(number)
                .collect();
            let sql = include_str!("sql/series.sql");
            transaction.execute(sql, &[&tenants, &names, &numbers]).await?;
        }
        Ok(())
    }
}
