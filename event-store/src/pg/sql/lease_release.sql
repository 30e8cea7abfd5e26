-- Gives shards back, and tells the others of the group.
-- $1 the group, $2 the process, $3 the shards
WITH released AS (
    UPDATE log.leases
    SET process = NULL
    WHERE consumers = $1 AND process = $2 AND shard = ANY ($3)
)
SELECT pg_notify('tenantry_leases', $1 || ':' || $2::uuid::text)
