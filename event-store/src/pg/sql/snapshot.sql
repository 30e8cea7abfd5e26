-- The snapshot of a stream.
-- $1 tenant, $2 stream
SELECT
    stream_type,
    version,
    event_id,
    fingerprint,
    state
FROM log.snapshots
WHERE tenant_id = $1
    AND stream_id = $2
