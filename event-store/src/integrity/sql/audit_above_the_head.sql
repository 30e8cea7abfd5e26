-- The rows of a tenant behind a position that the head does not count, as it
-- stands at the same moment.
-- $1 tenant, $2 after this position
WHERE tenant_id = $1
    AND position > $2
    AND position
        > coalesce((SELECT head.position FROM log.heads AS head WHERE head.tenant_id = $1), 0)
ORDER BY position
LIMIT 1000
