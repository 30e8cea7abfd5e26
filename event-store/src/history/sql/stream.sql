-- The events of a stream after a version and up to a position, oldest first.
-- $1 tenant, $2 stream, $3 after this version, $4 up to this position, $5 at most
-- so many
SELECT
    tenant_id,
    position,
    stream_id,
    version,
    stream_type,
    type,
    schema_version,
    codec,
    event_id,
    occurred_at,
    recorded_at,
    actor,
    command_id,
    correlation_id,
    causation_id,
    trace_parent,
    metadata,
    payload
FROM log.events
WHERE tenant_id = $1 AND stream_id = $2 AND version > $3 AND position <= $4
ORDER BY version
LIMIT $5
