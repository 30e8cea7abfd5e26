-- Events that are left out of read models: streams from a position on, or, where
-- there is no stream, single events.
-- $1 the consumers, $2 the read model of each, $3 the tenants, $4 the streams to be
-- told of, or null for all
SELECT q.tenant_id, s.place, q.stream_id, q.position
FROM unnest($1::text[]) WITH ORDINALITY AS s (consumer, place)
JOIN log.quarantined_streams AS q ON q.consumer = s.consumer
WHERE q.tenant_id = ANY ($3) AND ($4::uuid[] IS NULL OR q.stream_id = ANY ($4))
UNION ALL
SELECT d.tenant_id, s.place, NULL, d.position
FROM unnest($2::text[]) WITH ORDINALITY AS s (read_model, place)
JOIN log.discarded_events AS d ON d.read_model = s.read_model
WHERE d.tenant_id = ANY ($3) AND ($4::uuid[] IS NULL OR d.stream_id = ANY ($4))
