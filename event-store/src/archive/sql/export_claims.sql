-- What the tenant's streams have taken.
-- $1 tenant, $2 position
SELECT (to_jsonb(t) - 'tenant_id')::text
FROM log.claims AS t
WHERE t.tenant_id = $1 AND $2::bigint >= 0
ORDER BY t.scope, t.key
