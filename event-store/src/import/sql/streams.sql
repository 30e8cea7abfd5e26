-- Remembers how far streams have been imported.
-- One element per stream: $1 tenant, $2 type and $3 id in the source,
-- $4 stream, $5 version
INSERT INTO log.imported_streams (tenant_id, source_type, source_id, stream_id, version)
SELECT s.tenant_id, s.source_type, s.source_id, s.stream_id, s.version
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::bigint[])
    AS s (tenant_id, source_type, source_id, stream_id, version)
ON CONFLICT ON CONSTRAINT imported_streams_pkey DO UPDATE SET version = excluded.version
