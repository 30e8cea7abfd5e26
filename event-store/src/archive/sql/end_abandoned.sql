-- Forgets an import, and opens the empty log that the tenant had before.
-- $1 tenant
WITH import AS (
    DELETE FROM log.imports
    WHERE tenant_id = $1 AND finished_at IS NULL
    RETURNING tenant_id, had_log
)
INSERT INTO log.heads (tenant_id)
SELECT tenant_id
FROM import
WHERE had_log
