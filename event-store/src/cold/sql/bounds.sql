-- Where a tenant's log ends, up to where it is cold, what was signed of it last,
-- and who has seen least of it.
-- $1 tenant
SELECT
    head.position,
    cold.last_position,
    sealed.size,
    sealed.note,
    slowest.consumer,
    slowest.position
FROM log.heads AS head
LEFT JOIN LATERAL (
    SELECT s.last_position
    FROM log.segments AS s
    WHERE s.tenant_id = head.tenant_id
    ORDER BY s.last_position DESC
    LIMIT 1
) AS cold ON true
LEFT JOIN LATERAL (
    SELECT c.size, c.note
    FROM log.tree_checkpoints AS c
    WHERE c.tenant_id = head.tenant_id
    ORDER BY c.size DESC
    LIMIT 1
) AS sealed ON true
LEFT JOIN LATERAL (
    SELECT c.consumer, c.position
    FROM log.checkpoints AS c
    WHERE c.tenant_id = head.tenant_id
    ORDER BY c.position
    LIMIT 1
) AS slowest ON true
WHERE head.tenant_id = $1
