-- Gives reactions a place at the start of a tenant's log.
-- $1 tenant, $2 consumers
INSERT INTO log.checkpoints (consumer, tenant_id, position)
SELECT asked.consumer, $1, 0
FROM unnest($2::text[]) AS asked (consumer)
ON CONFLICT DO NOTHING
