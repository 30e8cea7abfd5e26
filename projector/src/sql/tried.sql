-- Counts an attempt at streams that came to nothing.
-- $1 the consumer, $2 the tenant, $3 the streams, $4 why; $5 the group of the leases,
-- or null without any, $6 the process, $7 the shards it believes to have, $8 the
-- fence of each
WITH fenced AS MATERIALIZED (
    SELECT shard FROM log.fenced($5::text, $6::uuid, $7::smallint[], $8::bigint[]) AS f (shard)
)
UPDATE log.quarantined_streams
SET attempts = attempts + 1, error = $4, tried_at = clock_timestamp(), asked = false
WHERE consumer = $1
    AND tenant_id = $2
    AND stream_id = ANY ($3)
    AND ($5::text IS NULL OR log.shard($2) IN (SELECT shard FROM fenced))
