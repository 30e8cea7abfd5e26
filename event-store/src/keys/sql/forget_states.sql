-- The states in which a person may be known.
-- $1 the tenant, $2 the person
DELETE FROM log.snapshots
WHERE tenant_id = $1 AND stream_id IN (
    SELECT e.stream_id
    FROM log.personal_data AS p
    JOIN log.events AS e ON e.tenant_id = p.tenant_id AND e.position = p.position
    WHERE p.tenant_id = $1 AND p.subject_id = $2
)
