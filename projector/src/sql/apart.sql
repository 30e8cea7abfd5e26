-- In how many tenants one consumer has not come as far as another, and by how
-- many events.
-- $1 the consumer, $2 the other one
SELECT count(*), coalesce(sum(theirs.position - coalesce(own.position, 0)), 0)::bigint
FROM log.checkpoints AS theirs
LEFT JOIN log.checkpoints AS own
    ON own.consumer = $1 AND own.tenant_id = theirs.tenant_id
WHERE theirs.consumer = $2
    AND theirs.position > coalesce(own.position, 0)
