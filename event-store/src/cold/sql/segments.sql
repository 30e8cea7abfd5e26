-- The segments of a tenant with events between two positions, oldest first.
-- $1 tenant, $2 after this position, $3 up to this one, $4 at most so many
SELECT
    first_position,
    last_position,
    object,
    sha256,
    bytes,
    text_bytes
FROM log.segments
WHERE tenant_id = $1 AND last_position > $2 AND first_position <= $3
ORDER BY last_position
LIMIT $4
