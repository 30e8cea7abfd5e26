-- Gives a group its shards, if it has none because nobody belonged to it before,
-- and tells the others of the group that somebody has come.
-- $1 the group, $2 the process
WITH opened AS (
    INSERT INTO log.leases (consumers, shard)
    SELECT $1::text, s.shard
    FROM generate_series(0, 63) AS s (shard)
    WHERE NOT EXISTS (SELECT FROM log.leases WHERE consumers = $1)
    ON CONFLICT DO NOTHING
)
SELECT pg_notify('tenantry_leases', $1 || ':' || $2::uuid::text)
