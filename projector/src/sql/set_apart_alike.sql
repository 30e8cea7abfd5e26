-- Quarantines for one consumer what is quarantined for another.
-- $1 the other, $2 the consumer, $3 the tenant
INSERT INTO log.quarantined_streams
    (consumer, tenant_id, stream_id, stream_type, position, version, error)
SELECT $2, tenant_id, stream_id, stream_type, position, version, error
FROM log.quarantined_streams
WHERE consumer = $1 AND tenant_id = $3
ON CONFLICT DO NOTHING
