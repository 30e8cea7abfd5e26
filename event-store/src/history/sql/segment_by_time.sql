-- The last segment that begins by a time, and whether all of it was recorded by
-- then; without positions where only later ones are there.
-- $1 tenant, $2 the time
SELECT
    first_position,
    last_position,
    last_recorded_at <= $2
FROM log.segments
WHERE tenant_id = $1 AND first_recorded_at <= $2
ORDER BY last_position DESC
LIMIT 1
