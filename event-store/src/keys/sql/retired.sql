-- Removes the keys of a tenant that no person's key needs any more.
-- $1 the tenant, $2 made before
DELETE FROM log.tenant_keys AS k
WHERE k.tenant_id = $1
    AND k.purpose = 'subjects'
    AND k.version < (
        SELECT max(newest.version)
        FROM log.tenant_keys AS newest
        WHERE newest.tenant_id = $1 AND newest.purpose = 'subjects' AND newest.created_at < $2
    )
    AND NOT EXISTS (
        SELECT FROM log.subject_keys AS s
        WHERE s.tenant_id = $1 AND s.tenant_key = k.version AND s.wrapped IS NOT NULL
    )
