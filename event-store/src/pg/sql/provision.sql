-- Gives a tenant a log, unless it has one or is being imported.
-- $1 tenant, $2 its name
WITH missing AS (
    SELECT $1::uuid AS tenant_id
    WHERE NOT EXISTS (
        SELECT FROM log.imports AS import
        WHERE import.tenant_id = $1 AND import.finished_at IS NULL
    )
),
tenant AS (
    INSERT INTO log.tenants (tenant_id, name)
    SELECT tenant_id, $2
    FROM missing
    ON CONFLICT DO NOTHING
)
INSERT INTO log.heads (tenant_id)
SELECT tenant_id
FROM missing
ON CONFLICT DO NOTHING
