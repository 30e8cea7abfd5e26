-- What reactions and timers of a tenant were refused.
-- $1 tenant, $2 position
SELECT (to_jsonb(t) - 'tenant_id')::text
FROM log.refused_intents AS t
WHERE t.tenant_id = $1 AND $2::bigint >= 0
ORDER BY t.command_id
