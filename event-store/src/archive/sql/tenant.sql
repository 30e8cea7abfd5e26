-- A tenant, where its log ends, and what time it is.
-- $1 tenant
SELECT
    tenant.name,
    tenant.created_at,
    head.position,
    now()
FROM log.tenants AS tenant
JOIN log.heads AS head ON head.tenant_id = tenant.tenant_id
WHERE tenant.tenant_id = $1
