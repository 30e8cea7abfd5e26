-- Events that were discarded, oldest decision first.
-- $1 the read model, $2 the tenant, $3 the stream; null for all
SELECT
    read_model,
    tenant_id,
    stream_type,
    stream_id,
    position,
    error,
    reason,
    actor,
    discarded_at
FROM log.discarded_events
WHERE ($1::text IS NULL OR read_model = $1)
    AND ($2::uuid IS NULL OR tenant_id = $2)
    AND ($3::uuid IS NULL OR stream_id = $3)
ORDER BY discarded_at, tenant_id, position
