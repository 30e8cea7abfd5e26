-- Lets reactions begin after what was imported: it has been answered where it
-- happened.
-- $1 tenants, $2 positions, $3 consumers
INSERT INTO log.checkpoints (consumer, tenant_id, position)
SELECT c.consumer, m.tenant_id, m.position
FROM unnest($1::uuid[], $2::bigint[]) AS m (tenant_id, position)
CROSS JOIN unnest($3::text[]) AS c (consumer)
ON CONFLICT ON CONSTRAINT checkpoints_pkey
DO UPDATE SET position = greatest(checkpoints.position, excluded.position)
