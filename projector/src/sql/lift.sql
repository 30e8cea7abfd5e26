-- Lets streams in again.
-- $1 the consumers, $2 the tenants, $3 the streams
DELETE FROM log.quarantined_streams AS q
USING unnest($1::text[], $2::uuid[], $3::uuid[]) AS s (consumer, tenant_id, stream_id)
WHERE q.consumer = s.consumer AND q.tenant_id = s.tenant_id AND q.stream_id = s.stream_id
