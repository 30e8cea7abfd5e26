-- Puts reactions at the end of what is imported: they answer what comes.
-- $1 tenant, $2 consumers, $3 position
INSERT INTO log.checkpoints (consumer, tenant_id, position)
SELECT asked.consumer, $1, $3
FROM unnest($2::text[]) AS asked (consumer)
ON CONFLICT (consumer, tenant_id) DO UPDATE SET position = excluded.position
