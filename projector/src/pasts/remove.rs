//! Removing what has expired.

use deadpool_postgres::ClientWrapper;
use event_store::pg::ulid;

use crate::{StepError, session::InTransaction, stream, tables};

/// Rows that are removed at once.
const CHUNK: i64 = 10_000;

/// Removes some rows of a past that has expired, and in the end the past
/// itself. Says whether there was one.
pub(super) async fn one(client: &ClientWrapper) -> Result<bool, StepError> {
    let expired = "SELECT tenant_id, past_id FROM log.pasts WHERE expires_at <= now() LIMIT 1";
    let statement = client.prepare_cached(expired).await?;
    let Some(row) = client.query_opt(&statement, &[]).await? else { return Ok(false) };
    let (tenant, past): (uuid::Uuid, uuid::Uuid) = (row.try_get(0)?, row.try_get(1)?);
    let transaction = InTransaction::on(client);
    client.batch_execute("BEGIN").await?;
    stream::enter(client, ulid(tenant)).await?;
    // Also those that this program does not know: an older one may have filled
    // them.
    let filled = "SELECT consumer FROM log.past_tables
         WHERE tenant_id = $1 AND past_id = $2
             AND to_regclass(format('past.%I', consumer)) IS NOT NULL";
    for row in client.query(filled, &[&tenant, &past]).await? {
        let table = tables::past_table(row.try_get(0)?);
        let sql = format!(
            "DELETE FROM {table} WHERE ctid = ANY (ARRAY(
                 SELECT ctid FROM {table} WHERE tenant_id = $1 LIMIT $2))"
        );
        if client.execute(&sql, &[&past, &CHUNK]).await? > 0 {
            client.batch_execute("COMMIT").await?;
            transaction.ended();
            return Ok(true);
        }
    }
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&tenant, &past];
    client
        .execute("DELETE FROM log.past_tables WHERE tenant_id = $1 AND past_id = $2", &params)
        .await?;
    client.execute("DELETE FROM log.pasts WHERE tenant_id = $1 AND past_id = $2", &params).await?;
    client.batch_execute("COMMIT").await?;
    transaction.ended();
    Ok(true)
}
