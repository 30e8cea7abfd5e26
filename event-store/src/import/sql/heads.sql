-- Locks the ends of logs, in the order in which everybody does, and tells what
-- of them was imported.
-- $1 tenants
SELECT
    head.tenant_id,
    head.position,
    head.recorded_at,
    coalesce(import.events, 0)
FROM log.heads AS head
LEFT JOIN log.imported_histories AS import ON import.tenant_id = head.tenant_id
WHERE head.tenant_id = ANY ($1)
ORDER BY head.tenant_id
FOR UPDATE OF head
