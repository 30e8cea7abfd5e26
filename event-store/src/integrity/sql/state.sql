-- Where a tenant's log ends, and what was signed of it last.
-- $1 tenant
SELECT
    head.position,
    last.size,
    last.root,
    last.note
FROM (VALUES ($1::uuid)) AS asked (tenant_id)
LEFT JOIN log.heads AS head ON head.tenant_id = asked.tenant_id
LEFT JOIN LATERAL (
    SELECT c.size, c.root, c.note
    FROM log.tree_checkpoints AS c
    WHERE c.tenant_id = asked.tenant_id
    ORDER BY c.size DESC
    LIMIT 1
) AS last ON true
