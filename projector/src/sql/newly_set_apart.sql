-- The first stream that is quarantined for one consumer and not for another, nor
-- from an earlier event on.
-- $1 the one, $2 the other
SELECT q.tenant_id, q.position, q.error
FROM log.quarantined_streams AS q
WHERE q.consumer = $1
    AND NOT EXISTS (
        SELECT
        FROM log.quarantined_streams AS other
        WHERE other.consumer = $2
            AND other.tenant_id = q.tenant_id
            AND other.stream_id = q.stream_id
            AND other.position <= q.position
    )
ORDER BY q.tenant_id, q.position
LIMIT 1
