-- The positions of the events that hold something about a person, a thousand at
-- a time.
-- $1 the tenant, $2 the person, $3 after which position
SELECT position
FROM log.personal_data
WHERE tenant_id = $1 AND subject_id = $2 AND position > $3
ORDER BY position
LIMIT 1000
