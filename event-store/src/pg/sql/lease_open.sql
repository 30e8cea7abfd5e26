-- Gives a group its shards, if it has none: nobody belonged to it before.
-- $1 the group, $2 the process
INSERT INTO log.leases (consumers, shard)
SELECT $1::text, s.shard
FROM generate_series(0, 63) AS s (shard)
WHERE $2::uuid IS NOT NULL AND NOT EXISTS (SELECT FROM log.leases WHERE consumers = $1)
ON CONFLICT DO NOTHING
