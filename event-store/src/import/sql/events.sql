-- Writes imported events.
-- One element per event: $1 tenant, $2 position, $3 stream, $4 version,
-- $5 stream type, $6 type, $7 schema version, $8 event id, $9 occurred at,
-- $10 recorded at, $11 actor, $12 correlation, $13 trace parent, $14 metadata,
-- $15 payload, $16 codec. Each is its own command's: the source does not know which
-- belong together.
INSERT INTO log.events (
    tenant_id, position, stream_id, version, stream_type, type, schema_version, codec, event_id,
    occurred_at, recorded_at, actor, command_id, correlation_id, trace_parent, metadata, payload
)
SELECT
    e.tenant_id, e.position, e.stream_id, e.version, e.stream_type, e.type, e.schema_version,
    e.codec, e.event_id, e.occurred_at, e.recorded_at, e.actor, e.event_id, e.correlation_id,
    e.trace_parent, e.metadata, e.payload
FROM unnest(
    $1::uuid[], $2::bigint[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::smallint[],
    $8::uuid[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::uuid[], $13::text[],
    $14::bytea[], $15::bytea[], $16::smallint[]
) AS e (
    tenant_id, position, stream_id, version, stream_type, type, schema_version, event_id,
    occurred_at, recorded_at, actor, correlation_id, trace_parent, metadata, payload, codec
)
