-- The events of a tenant at some positions, oldest first.
-- $1 tenant, $2 the positions
WHERE tenant_id = $1 AND position = ANY ($2)
ORDER BY position
