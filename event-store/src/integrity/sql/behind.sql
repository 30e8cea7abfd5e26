-- The tenants in whose logs something is not signed yet, and how much.
SELECT
    head.tenant_id,
    head.position,
    coalesce(last.size, 0)
FROM log.heads AS head
LEFT JOIN LATERAL (
    SELECT c.size
    FROM log.tree_checkpoints AS c
    WHERE c.tenant_id = head.tenant_id
    ORDER BY c.size DESC
    LIMIT 1
) AS last ON true
WHERE head.position <> coalesce(last.size, 0)
