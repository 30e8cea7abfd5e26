-- The last numbers of the tenant's series.
-- $1 tenant, $2 position
SELECT (to_jsonb(t) - 'tenant_id')::text
FROM log.series AS t
WHERE t.tenant_id = $1 AND $2::bigint >= 0
ORDER BY t.series
