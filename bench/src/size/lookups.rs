//! What the projector and the worker ask at every wake-up, with all tenants.

use std::time::Instant;

use anyhow::Result;
use domain::{
    Platform,
    kernel::{ReactionEntry, ReadModelEntry, Registry},
};
use tokio_postgres::types::ToSql;
use ulid::Ulid;
use uuid::Uuid;

use super::figures::Figures;
use crate::server::LogDatabase;

/// How often each is asked.
const TIMES: usize = 60;
/// Tenants in which there is something new.
const BEHIND: i64 = 10;

/// The statements of the projector and the worker themselves.
const PROJECTOR: &str = include_str!("../../../projector/src/sql/behind.sql");
const PROJECTOR_OF: &str = include_str!("../../../projector/src/sql/behind_of.sql");
const WORKER: &str = include_str!("../../../worker/src/sql/behind.sql");

/// Everybody has come to the end of every log, but for a few; each tenant has
/// some timers, none of them due.
pub(super) async fn prepare(database: &LogDatabase) -> Result<()> {
    let (models, reactions) = consumers()?;
    let consumers: Vec<&String> = models.iter().chain(&reactions).collect();
    let owner = database.owner();
    owner.batch_execute("TRUNCATE log.checkpoints; TRUNCATE log.timers").await?;
    owner
        .execute(
            "INSERT INTO log.checkpoints (consumer, tenant_id, position)
             SELECT c.consumer, h.tenant_id, greatest(h.position - (h.turn <= $2)::integer, 0)
             FROM (
                 SELECT tenant_id, position, row_number() OVER (ORDER BY tenant_id) AS turn
                 FROM log.heads
             ) AS h
             CROSS JOIN unnest($1::text[]) AS c (consumer)
             ORDER BY h.tenant_id, c.consumer",
            &[&consumers, &BEHIND],
        )
        .await?;
    owner
        .batch_execute(
            "INSERT INTO log.timers (
                 tenant_id, stream_id, name, due_at, dispatch, set_by_event, correlation_id
             )
             SELECT h.tenant_id, gen_random_uuid(), 'remind', now() + n * interval '1 day', '{}',
                 gen_random_uuid(), gen_random_uuid()
             FROM log.heads AS h
             CROSS JOIN generate_series(1, 20) AS n",
        )
        .await?;
    Ok(owner.batch_execute("VACUUM ANALYZE log.checkpoints, log.timers, log.heads").await?)
}

/// Asks.
pub(super) async fn measure(
    database: &LogDatabase,
    tenants: &[Ulid],
    into: &mut Figures,
) -> Result<()> {
    let (models, reactions) = consumers()?;
    let some: Vec<Uuid> =
        tenants.iter().step_by(100).take(16).copied().map(event_store::pg::uuid).collect();
    let now = chrono::Utc::now();
    let all = format!("who is behind, of {} tenants", tenants.len());
    let of_some = format!("who is behind, of {} tenants", some.len());
    let projector: [&(dyn ToSql + Sync); 1] = [&models];
    ask(database, "tenantry_projector", PROJECTOR, &projector, &format!("projector: {all}"), into)
        .await?;
    let projector: [&(dyn ToSql + Sync); 2] = [&models, &some];
    let case = format!("projector: {of_some}");
    ask(database, "tenantry_projector", PROJECTOR_OF, &projector, &case, into).await?;
    let worker: [&(dyn ToSql + Sync); 2] = [&reactions, &now];
    ask(database, "tenantry_worker", WORKER, &worker, &format!("worker: {all}"), into).await
}

async fn ask(
    database: &LogDatabase,
    role: &str,
    sql: &str,
    params: &[&(dyn ToSql + Sync)],
    case: &str,
    into: &mut Figures,
) -> Result<()> {
    let pool = database.pool(role, 1)?;
    let client = pool.get().await?;
    let statement = client.prepare_cached(sql).await?;
    let mut times = vec![];
    for _ in 0..TIMES {
        let started = Instant::now();
        client.query(&statement, params).await?;
        times.push(started.elapsed());
    }
    into.times(case, times);
    Ok(())
}

/// How checkpoints name the read models, and the reactions.
fn consumers() -> Result<(Vec<String>, Vec<String>)> {
    let registry = Registry::of::<Platform>()?;
    let models = registry.read_models().iter().map(ReadModelEntry::table_name).collect();
    let reactions = registry.reactions().iter();
    Ok((models, reactions.map(ReactionEntry::consumer).collect()))
}
