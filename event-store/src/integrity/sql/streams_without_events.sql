-- Streams that have no event in the table.
-- $1 the tenant, $2 the streams
SELECT s.id
FROM unnest($2::uuid[]) AS s (id)
WHERE NOT EXISTS (
    SELECT FROM log.events AS e WHERE e.tenant_id = $1 AND e.stream_id = s.id
)
ORDER BY s.id
