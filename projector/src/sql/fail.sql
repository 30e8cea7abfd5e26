-- Notes that a consumer stands still before an event, if it does: another
-- process may have moved on meanwhile.
-- $1 consumer, $2 tenant, $3 the event's position, $4 why, $5 since when the
-- checkpoint is before the event; $6 the group of the leases, or null without any,
-- $7 the process, $8 the shards it believes to have, $9 the fence of each
WITH fenced AS MATERIALIZED (
    SELECT shard FROM log.fenced($6::text, $7::uuid, $8::smallint[], $9::bigint[]) AS f (shard)
)
INSERT INTO log.consumer_failures AS f (consumer, tenant_id, position, attempts, error)
SELECT c.consumer, c.tenant_id, $3::bigint, 1, $4
FROM log.checkpoints AS c
WHERE c.consumer = $1
    AND c.tenant_id = $2
    AND c.position = $3::bigint - 1
    AND c.updated_at = $5
    AND ($6::text IS NULL OR log.shard($2) IN (SELECT shard FROM fenced))
ON CONFLICT (consumer, tenant_id) DO UPDATE SET
    position = excluded.position,
    attempts = CASE WHEN f.position = excluded.position THEN f.attempts + 1 ELSE 1 END,
    error = excluded.error,
    failed_at = clock_timestamp()
