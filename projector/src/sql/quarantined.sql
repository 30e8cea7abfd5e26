-- Quarantined streams, longest first, and up to where their consumers have come,
-- which hold back what is later in them.
-- $1 the consumer, $2 the tenant, $3 the stream; null for all
SELECT
    q.consumer,
    q.tenant_id,
    q.stream_type,
    q.stream_id,
    q.position,
    q.version,
    q.error,
    q.attempts,
    q.quarantined_at,
    q.tried_at,
    q.asked,
    coalesce(c.position, h.position)
FROM log.quarantined_streams AS q
JOIN log.heads AS h ON h.tenant_id = q.tenant_id
LEFT JOIN log.checkpoints AS c ON c.consumer = q.consumer AND c.tenant_id = q.tenant_id
WHERE ($1::text IS NULL OR q.consumer IN ($1, $1 || '.building'))
    AND ($2::uuid IS NULL OR q.tenant_id = $2)
    AND ($3::uuid IS NULL OR q.stream_id = $3)
ORDER BY q.quarantined_at, q.consumer, q.tenant_id, q.stream_id
