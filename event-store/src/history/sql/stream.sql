-- The events of a stream after a version and up to a position, oldest first.
-- $1 tenant, $2 stream, $3 after this version, $4 up to this position, $5 at most
-- so many
WHERE tenant_id = $1 AND stream_id = $2 AND version > $3 AND position <= $4
ORDER BY version
LIMIT $5
