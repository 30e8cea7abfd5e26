-- A position that is cold and was recorded by a time, and one that is cold and was
-- not, as near to each other as the segments tell; nulls where there is none.
-- $1 tenant, $2 the time
SELECT
    (
        SELECT CASE WHEN last_recorded_at <= $2 THEN last_position ELSE first_position END
        FROM log.segments
        WHERE tenant_id = $1 AND first_recorded_at <= $2
        ORDER BY last_position DESC
        LIMIT 1
    ),
    (
        SELECT CASE WHEN first_recorded_at <= $2 THEN last_position ELSE first_position END
        FROM log.segments
        WHERE tenant_id = $1 AND last_recorded_at > $2
        ORDER BY last_position
        LIMIT 1
    )
