-- Begins an import. The tenant's log, which is empty if there is one, is closed
-- until the end.
-- $1 tenant, $2 the archive's tenant, $3 name, $4 until position
WITH closed AS (
    DELETE FROM log.heads
    WHERE tenant_id = $1
    RETURNING tenant_id
)
INSERT INTO log.imports (tenant_id, source_tenant, name, until_position, had_log)
VALUES ($1, $2, $3, $4, EXISTS (SELECT FROM closed))
ON CONFLICT ON CONSTRAINT imports_pkey DO UPDATE SET
    source_tenant = excluded.source_tenant,
    name = excluded.name,
    until_position = excluded.until_position,
    had_log = excluded.had_log,
    position = 0,
    started_at = now(),
    moved_at = now(),
    finished_at = NULL
WHERE imports.finished_at IS NOT NULL
