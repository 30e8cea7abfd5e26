-- What of a tenant's log is cold, and what the table has of that.
-- $1 tenant
SELECT
    count(*),
    coalesce(max(last_position), 0),
    coalesce(sum(bytes), 0)::bigint,
    coalesce(sum(text_bytes), 0)::bigint,
    max(last_recorded_at),
    (
        SELECT count(*)
        FROM log.events AS event
        WHERE event.tenant_id = $1 AND event.position <= coalesce(max(segment.last_position), 0)
    )
FROM log.segments AS segment
WHERE tenant_id = $1
