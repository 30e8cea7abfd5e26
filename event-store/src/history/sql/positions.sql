-- The events of a tenant at some positions, oldest first.
-- $1 tenant, $2 the positions
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
WHERE tenant_id = $1 AND position = ANY ($2)
ORDER BY position
