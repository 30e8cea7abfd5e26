-- Positions after which there are a thousand more, from all over the log.
-- $1 percent of the pages to look for them in, $2 the most
SELECT e.tenant_id, e.position
FROM log.events AS e TABLESAMPLE SYSTEM ($1) REPEATABLE (2)
JOIN log.heads AS h ON h.tenant_id = e.tenant_id
WHERE h.position - e.position >= 1000
ORDER BY hashtextextended(e.event_id::text, 0)
LIMIT $2
