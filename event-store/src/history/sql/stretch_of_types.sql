-- The events of some types of aggregates of a tenant between two positions,
-- oldest first.
-- $1 tenant, $2 after this position, $3 up to this one, $4 the types, $5 at most
-- so many
WHERE tenant_id = $1 AND position > $2 AND position <= $3 AND stream_type = ANY ($4)
ORDER BY position
LIMIT $5
