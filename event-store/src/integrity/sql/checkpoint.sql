-- The checkpoint of a size, or the last one where none is asked for.
-- $1 tenant, $2 size or null
SELECT
    c.size,
    c.note,
    c.signed_at
FROM log.tree_checkpoints AS c
WHERE c.tenant_id = $1 AND ($2::bigint IS NULL OR c.size = $2)
ORDER BY c.size DESC
LIMIT 1
