-- Ends an import: the tenant has its log.
-- $1 tenant, $2 when it first had one
WITH import AS (
    UPDATE log.imports
    SET finished_at = now(), moved_at = now()
    WHERE tenant_id = $1
    RETURNING tenant_id, name, position
),
tenant AS (
    INSERT INTO log.tenants (tenant_id, name, created_at)
    SELECT tenant_id, name, $2
    FROM import
    ON CONFLICT DO NOTHING
)
INSERT INTO log.heads (tenant_id, position, recorded_at, erasures)
SELECT
    import.tenant_id,
    import.position,
    coalesce(last.recorded_at, now()),
    coalesce((SELECT max(number) FROM log.erasures WHERE tenant_id = $1), 0)
FROM import
LEFT JOIN log.events AS last
    ON last.tenant_id = import.tenant_id AND last.position = import.position
