-- Asks for another attempt at quarantined streams.
-- $1 the consumer, $2 the tenant, $3 the stream; null for all
UPDATE log.quarantined_streams
SET asked = true
WHERE ($1::text IS NULL OR consumer = $1)
    AND ($2::uuid IS NULL OR tenant_id = $2)
    AND ($3::uuid IS NULL OR stream_id = $3)
RETURNING stream_id
