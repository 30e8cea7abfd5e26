-- The states of streams in which a person may be known.
-- $1 the tenant, $2 the streams
DELETE FROM log.snapshots
WHERE tenant_id = $1 AND stream_id = ANY ($2)
