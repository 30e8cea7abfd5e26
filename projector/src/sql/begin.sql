-- Gives consumers a checkpoint before a tenant's first event. Where there are no
-- rows yet, all erasures there were so far are taken in.
-- $1 the consumers, $2 the tenant of each, $3 the group of the leases, or null
-- without any, $4 the process, $5 the shards it believes to have, $6 the fence of
-- each
WITH fenced AS MATERIALIZED (
    SELECT shard FROM log.fenced($3::text, $4::uuid, $5::smallint[], $6::bigint[]) AS f (shard)
)
INSERT INTO log.checkpoints (consumer, tenant_id, position, erasures)
SELECT s.consumer, s.tenant_id, 0, h.erasures
FROM unnest($1::text[], $2::uuid[]) AS s (consumer, tenant_id)
JOIN log.heads AS h ON h.tenant_id = s.tenant_id
WHERE $3::text IS NULL OR log.shard(s.tenant_id) IN (SELECT shard FROM fenced)
ORDER BY s.tenant_id, s.consumer
ON CONFLICT DO NOTHING
RETURNING consumer, tenant_id, updated_at, erasures
