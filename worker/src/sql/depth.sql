-- How many events lie before each reaction, over all tenants.
-- $1 consumers
SELECT
    asked.consumer,
    coalesce(sum(head.position - coalesce(c.position, 0)), 0)::bigint
FROM unnest($1::text[]) AS asked (consumer)
CROSS JOIN log.heads AS head
LEFT JOIN log.checkpoints AS c
    ON c.consumer = asked.consumer AND c.tenant_id = head.tenant_id
GROUP BY asked.consumer
