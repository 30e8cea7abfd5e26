//! Events that nobody can fold.

use anyhow::Result;
use tokio_postgres::Client;
use ulid::Ulid;
use uuid::Uuid;

/// Appends an event that no program can read to the stream of the customer to
/// whom something happened last. Says which stream that is, and its position.
///
/// # Errors
/// When it cannot be written, or the tenant has no customers.
pub async fn poison(owner: &Client, tenant: Ulid) -> Result<(Uuid, i64)> {
    let sql = "WITH head AS (
            UPDATE log.heads SET position = position + 1, recorded_at = clock_timestamp()
            WHERE tenant_id = $1 RETURNING position, recorded_at
        ),
        last AS (
            SELECT * FROM log.events WHERE tenant_id = $1 AND stream_type = 'customer'
            ORDER BY position DESC LIMIT 1
        )
        INSERT INTO log.events (tenant_id, position, stream_id, version, stream_type, type,
            schema_version, codec, event_id, occurred_at, recorded_at, actor, command_id,
            correlation_id, payload)
        SELECT $1, head.position, last.stream_id, last.version + 1, last.stream_type, last.type,
            99, last.codec, gen_random_uuid(), head.recorded_at, head.recorded_at, last.actor,
            gen_random_uuid(), gen_random_uuid(), last.payload
        FROM head, last
        RETURNING stream_id, position";
    let row = owner.query_one(sql, &[&Uuid::from_u128(tenant.0)]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}
