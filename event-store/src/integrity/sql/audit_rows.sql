-- The rows of a tenant from a position up to another, in order.
-- $1 tenant, $2 from this position, $3 up to this one, $4 at most so many
WHERE tenant_id = $1 AND position >= $2 AND position <= $3
ORDER BY position
LIMIT $4
