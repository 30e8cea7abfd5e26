-- Gives everything back and is counted no more, and tells the others of the
-- group.
-- $1 the group, $2 the process
WITH released AS (
    UPDATE log.leases SET process = NULL WHERE consumers = $1 AND process = $2
),
gone AS (
    DELETE FROM log.lease_holders WHERE consumers = $1 AND process = $2
)
SELECT pg_notify('tenantry_leases', $1 || ':' || $2::uuid::text)
