-- The commands still remembered whose events, if any, are not after a position.
-- $1 tenant, $2 position
SELECT (to_jsonb(t) - 'tenant_id')::text
FROM log.commands AS t
WHERE t.tenant_id = $1 AND t.last_position <= $2
ORDER BY t.last_position, t.command_id
