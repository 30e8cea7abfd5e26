-- Who was erased, at whatever position.
-- $1 tenant, $2 position
SELECT (to_jsonb(t) - 'tenant_id')::text
FROM log.erasures AS t
WHERE t.tenant_id = $1 AND $2::bigint >= 0
ORDER BY t.number
