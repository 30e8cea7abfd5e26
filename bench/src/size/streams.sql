-- Streams of so many events, from all over the log.
-- $1 how many, $2 percent of the pages to look for them in, $3 the most
SELECT e.tenant_id, e.stream_id
FROM log.events AS e TABLESAMPLE SYSTEM ($2) REPEATABLE (1)
LEFT JOIN LATERAL (
    SELECT further.version
    FROM log.events AS further
    WHERE further.tenant_id = e.tenant_id
        AND further.stream_id = e.stream_id
        AND further.version = e.version + 1
    LIMIT 1
) AS next ON true
WHERE e.version = $1 AND e.stream_type = 'wallet' AND next.version IS NULL
ORDER BY hashtextextended(e.stream_id::text, 0)
LIMIT $3
