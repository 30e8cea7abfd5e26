//! How long it takes to make the plan of a read.

use anyhow::{Context, Result};
use event_store::pg::uuid;
use serde_json::Value;
use ulid::Ulid;

use super::figures::Figures;
use crate::server::LogDatabase;

/// How often each plan is made.
const TIMES: usize = 20;
const READS: [(&str, &str); 2] = [
    ("a stream", "stream_id = '00000000-0000-0000-0000-000000000000' ORDER BY version LIMIT 1000"),
    ("a tenant", "position > 1000 ORDER BY position LIMIT 1000"),
];

/// Makes plans, as a session does that keeps none.
pub(super) async fn measure(
    database: &LogDatabase,
    tenants: &[Ulid],
    into: &mut Figures,
) -> Result<()> {
    let client = database.session().await?;
    let tenant = uuid(tenants.first().copied().unwrap_or_default());
    let enter = format!("SET ROLE tenantry_command; SET tenantry.tenant = '{tenant}'");
    client.batch_execute(&enter).await?;
    for (what, condition) in READS {
        let sql = format!(
            "EXPLAIN (SUMMARY, FORMAT JSON)
             SELECT payload FROM log.events WHERE tenant_id = '{tenant}' AND {condition}"
        );
        for _ in 0..TIMES {
            let plan: Value = client.query_one(&sql, &[]).await?.try_get(0)?;
            let time = plan.pointer("/0/Planning Time").and_then(Value::as_f64);
            into.less(format!("plan of {what}"), "ms", time.context("no planning time")?);
        }
    }
    Ok(())
}
