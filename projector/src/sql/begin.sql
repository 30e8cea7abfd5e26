-- Gives consumers a checkpoint before a tenant's first event. Where there are no
-- rows yet, all erasures there were so far are taken in.
-- $1 the consumers, $2 the tenant of each
INSERT INTO log.checkpoints (consumer, tenant_id, position, erasures)
SELECT s.consumer, s.tenant_id, 0, h.erasures
FROM unnest($1::text[], $2::uuid[]) AS s (consumer, tenant_id)
JOIN log.heads AS h ON h.tenant_id = s.tenant_id
ORDER BY s.tenant_id, s.consumer
ON CONFLICT DO NOTHING
RETURNING consumer, tenant_id, updated_at, erasures
