-- Which events up to a position hold something of whom.
-- $1 tenant, $2 position
SELECT (to_jsonb(t) - 'tenant_id')::text
FROM log.personal_data AS t
WHERE t.tenant_id = $1 AND t.position <= $2
ORDER BY t.subject_id, t.position
