-- Sets streams apart from an event on, or counts another attempt at it.
-- $1 the consumers, $2 the tenants, $3 the streams, $4 their types, $5 the event's
-- position, $6 its version, $7 why it cannot be folded
INSERT INTO log.quarantined_streams AS q
    (consumer, tenant_id, stream_id, stream_type, position, version, error)
SELECT f.consumer, f.tenant_id, f.stream_id, f.stream_type, f.position, f.version, f.error
FROM unnest(
    $1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::text[]
) AS f (consumer, tenant_id, stream_id, stream_type, position, version, error)
ORDER BY f.consumer, f.tenant_id, f.stream_id
ON CONFLICT (consumer, tenant_id, stream_id) DO UPDATE SET
    position = excluded.position,
    version = excluded.version,
    error = excluded.error,
    attempts = CASE WHEN q.position = excluded.position THEN q.attempts + 1 ELSE 1 END,
    tried_at = clock_timestamp(),
    asked = false
