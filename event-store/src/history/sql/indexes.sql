-- The streams of some segments.
-- $1 tenant, $2 the last positions of the segments
SELECT
    last_position,
    streams
FROM log.segments
WHERE tenant_id = $1 AND last_position = ANY ($2)
