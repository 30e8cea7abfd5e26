-- The tenants with so many events that are not cold, those with most first.
-- $1 how many
SELECT head.tenant_id
FROM log.heads AS head
LEFT JOIN LATERAL (
    SELECT s.last_position
    FROM log.segments AS s
    WHERE s.tenant_id = head.tenant_id
    ORDER BY s.last_position DESC
    LIMIT 1
) AS cold ON true
WHERE head.position - coalesce(cold.last_position, 0) >= $1
ORDER BY head.position - coalesce(cold.last_position, 0) DESC
