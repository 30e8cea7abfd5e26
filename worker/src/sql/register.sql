-- Puts reactions at the end of every log there is.
-- $1 consumers
INSERT INTO log.checkpoints (consumer, tenant_id, position)
SELECT asked.consumer, head.tenant_id, head.position
FROM unnest($1::text[]) AS asked (consumer)
CROSS JOIN log.heads AS head
ON CONFLICT DO NOTHING
