-- Writes events as they were, every column but their tenant.
-- $1 tenant, $2 … $18 a column each
INSERT INTO log.events (
    tenant_id, position, stream_id, version, stream_type, type, schema_version, codec, event_id,
    occurred_at, recorded_at, actor, command_id, correlation_id, causation_id, trace_parent,
    metadata, payload
)
SELECT $1, e.*
FROM unnest(
    $2::bigint[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::smallint[],
    $8::smallint[], $9::uuid[], $10::timestamptz[], $11::timestamptz[], $12::text[], $13::uuid[],
    $14::uuid[], $15::uuid[], $16::text[], $17::bytea[], $18::bytea[]
) AS e
