-- Records that a reaction stands still before an event, if it does: another
-- process may have moved on meanwhile.
-- $1 consumer, $2 tenant, $3 position of the event it cannot take, $4 why; $5 the
-- group of the leases, or null without any, $6 the process, $7 the shards it believes
-- to have, $8 the fence of each
WITH fenced AS MATERIALIZED (
    SELECT shard FROM log.fenced($5::text, $6::uuid, $7::smallint[], $8::bigint[]) AS f (shard)
)
INSERT INTO log.consumer_failures AS known (consumer, tenant_id, position, attempts, error)
SELECT c.consumer, c.tenant_id, $3::bigint, 1, $4
FROM log.checkpoints AS c
WHERE c.consumer = $1
    AND c.tenant_id = $2
    AND c.position = $3::bigint - 1
    AND ($5::text IS NULL OR log.shard($2) IN (SELECT shard FROM fenced))
ON CONFLICT ON CONSTRAINT consumer_failures_pkey DO UPDATE SET
    attempts = CASE WHEN known.position = excluded.position THEN known.attempts + 1 ELSE 1 END,
    position = excluded.position,
    error = excluded.error,
    failed_at = now()
