-- The next checkpoints of a tenant.
-- $1 tenant, $2 after this size, $3 up to this size, $4 at most so many
SELECT
    c.size,
    c.root,
    c.note
FROM log.tree_checkpoints AS c
WHERE c.tenant_id = $1 AND c.size > $2 AND c.size <= $3
ORDER BY c.size
LIMIT $4
