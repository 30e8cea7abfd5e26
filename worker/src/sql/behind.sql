-- Tenants in whose log some reaction has not come to the end, or that have a
-- timer due.
-- $1 consumers, $2 now, $3 the shards of tenants, or null for all
SELECT head.tenant_id
FROM log.heads AS head
LEFT JOIN (
    SELECT
        c.tenant_id,
        min(c.position) AS position,
        count(*) AS consumers
    FROM log.checkpoints AS c
    WHERE c.consumer = ANY ($1)
    GROUP BY c.tenant_id
) AS slowest ON slowest.tenant_id = head.tenant_id
WHERE cardinality($1::text[]) > 0
    AND ($3::smallint[] IS NULL OR log.shard(head.tenant_id) = ANY ($3))
    AND head.position > CASE
        WHEN slowest.consumers = cardinality($1::text[]) THEN slowest.position
        ELSE 0
    END
UNION
SELECT timer.tenant_id
FROM log.timers AS timer
WHERE timer.due_at <= $2
    AND ($3::smallint[] IS NULL OR log.shard(timer.tenant_id) = ANY ($3))
