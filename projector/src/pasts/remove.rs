//! Removing what has expired, and what nobody here keeps.
//!
//! Whoever removes rows of a table has it to himself, as whoever fills it has.
//! A past that has expired is never taken up again.

use deadpool_postgres::ClientWrapper;
use event_store::pg::ulid;
use uuid::Uuid;

use crate::{StepError, session::InTransaction, stream, tables};

/// Rows that are removed at once.
const CHUNK: i64 = 10_000;

/// Removes some rows of a past that has expired, and in the end the past
/// itself. Says whether there was one.
pub(super) async fn expired(client: &ClientWrapper) -> Result<bool, StepError> {
    let sql = "SELECT tenant_id, past_id FROM log.pasts WHERE expires_at <= now()
        ORDER BY expires_at LIMIT 64";
    let statement = client.prepare_cached(sql).await?;
    for row in client.query(&statement, &[]).await? {
        let transaction = InTransaction::on(client);
        client.batch_execute("BEGIN").await?;
        let done = remove(client, row.try_get(0)?, row.try_get(1)?).await?;
        client.batch_execute(if done { "COMMIT" } else { "ROLLBACK" }).await?;
        transaction.ended();
        if done {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes some rows, or all that is left, in the open transaction. False if
/// somebody else has to do with the past.
async fn remove(client: &ClientWrapper, tenant: Uuid, past: Uuid) -> Result<bool, StepError> {
    stream::enter(client, ulid(tenant)).await?;
    // Also those that this program does not know: another may have filled them.
    let statement = client.prepare_cached(include_str!("../sql/past_expired.sql")).await?;
    let mut there = vec![];
    for row in client.query(&statement, &[&tenant, &past]).await? {
        if !row.try_get::<_, bool>(2)? {
            return Ok(false);
        }
        if row.try_get(1)? {
            there.push(tables::past_table(row.try_get(0)?));
        }
    }
    for table in there {
        let sql = format!(
            "DELETE FROM {table} WHERE ctid = ANY (ARRAY(
                 SELECT ctid FROM {table} WHERE tenant_id = $1 LIMIT $2))"
        );
        if client.execute(&sql, &[&past, &CHUNK]).await? > 0 {
            return Ok(true);
        }
    }
    let sql = "DELETE FROM log.past_tables WHERE tenant_id = $1 AND past_id = $2";
    client.execute(sql, &[&tenant, &past]).await?;
    let sql = "DELETE FROM log.pasts WHERE tenant_id = $1 AND past_id = $2 AND expires_at <= now()";
    Ok(client.execute(sql, &[&tenant, &past]).await? > 0)
}

/// Empties a table that was filled before somebody was erased, and is none of
/// these: nobody else may be there to fill it without them. Says whether there
/// was one.
pub(super) async fn outdated(client: &ClientWrapper, known: &[&str]) -> Result<bool, StepError> {
    let statement = client.prepare_cached(include_str!("../sql/past_outdated.sql")).await?;
    for row in client.query(&statement, &[&known]).await? {
        let (tenant, past): (Uuid, Uuid) = (row.try_get(0)?, row.try_get(1)?);
        let consumer: String = row.try_get(2)?;
        let transaction = InTransaction::on(client);
        client.batch_execute("BEGIN").await?;
        stream::enter(client, ulid(tenant)).await?;
        let forget = client.prepare_cached(include_str!("../sql/past_forget.sql")).await?;
        let lock = client.prepare_cached(include_str!("../sql/past_lock.sql")).await?;
        let is_ours: bool = client.query_one(&lock, &[&past, &consumer]).await?.try_get(0)?;
        let done = is_ours && client.execute(&forget, &[&tenant, &past, &consumer]).await? > 0;
        if done && row.try_get(3)? {
            let table = tables::past_table(&consumer);
            client.execute(&format!("DELETE FROM {table} WHERE tenant_id = $1"), &[&past]).await?;
        }
        client.batch_execute(if done { "COMMIT" } else { "ROLLBACK" }).await?;
        transaction.ended();
        if done {
            tracing::info!(table = consumer, "a table of a past was emptied: people were erased");
            return Ok(true);
        }
    }
    Ok(false)
}
