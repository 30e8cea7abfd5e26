-- The events of some types of aggregates of a tenant between two positions,
-- oldest first.
-- $1 tenant, $2 after this position, $3 up to this one, $4 the types, $5 at most
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
WHERE tenant_id = $1 AND position > $2 AND position <= $3 AND stream_type = ANY ($4)
ORDER BY position
LIMIT $5
