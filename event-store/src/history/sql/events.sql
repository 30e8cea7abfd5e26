-- Events, every column, in the order in which everybody reads them. What follows
-- says which.
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
