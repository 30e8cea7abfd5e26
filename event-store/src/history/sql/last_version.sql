-- The last version of a stream after a version and up to a position that the
-- table has.
-- $1 tenant, $2 stream, $3 after this version, $4 up to this position
SELECT version
FROM log.events
WHERE tenant_id = $1 AND stream_id = $2 AND version > $3 AND position <= $4
ORDER BY version DESC
LIMIT 1
