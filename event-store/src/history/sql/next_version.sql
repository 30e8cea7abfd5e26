-- The version of a stream that the table has next.
-- $1 tenant, $2 stream, $3 after this version
SELECT version
FROM log.events
WHERE tenant_id = $1 AND stream_id = $2 AND version > $3
ORDER BY version
LIMIT 1
