-- How far each reaction has come in a tenant's log, whether it has failed
-- there, and where the log ends.
-- $1 tenant, $2 consumers
SELECT
    head.position,
    c.position,
    EXISTS (
        SELECT FROM log.consumer_failures AS failure
        WHERE failure.consumer = asked.consumer AND failure.tenant_id = head.tenant_id
    )
FROM log.heads AS head
CROSS JOIN unnest($2::text[]) WITH ORDINALITY AS asked (consumer, place)
LEFT JOIN log.checkpoints AS c
    ON c.consumer = asked.consumer AND c.tenant_id = head.tenant_id
WHERE head.tenant_id = $1
ORDER BY asked.place
