-- The last checkpoint that counts no more events than these.
-- $1 tenant, $2 position
SELECT note
FROM log.tree_checkpoints
WHERE tenant_id = $1 AND size <= $2
ORDER BY size DESC
LIMIT 1
