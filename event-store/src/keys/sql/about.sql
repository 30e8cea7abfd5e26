-- The events that hold something about a person, a thousand at a time.
-- $1 the tenant, $2 the person, $3 after which position
SELECT {columns}
FROM log.events
WHERE tenant_id = $1 AND position IN (
    SELECT p.position
    FROM log.personal_data AS p
    WHERE p.tenant_id = $1 AND p.subject_id = $2 AND p.position > $3
    ORDER BY p.position
    LIMIT 1000
)
ORDER BY position
