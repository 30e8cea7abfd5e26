-- Up to where a tenant's log is cold.
-- $1 tenant
SELECT last_position
FROM log.segments
WHERE tenant_id = $1
ORDER BY last_position DESC
LIMIT 1
