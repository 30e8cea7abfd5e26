-- How far consumers lie behind: in how many tenants, by how many events and
-- seconds all in all, and which tenants are worst off.
-- $1 the consumers, $2 so many tenants of each
WITH behind AS (
    SELECT
        s.consumer,
        h.tenant_id,
        h.position - coalesce(c.position, 0) AS events,
        extract(epoch FROM clock_timestamp() - coalesce(
            log.recorded_after(h.tenant_id, coalesce(c.position, 0)), h.recorded_at
        ))::float8 AS seconds
    FROM unnest($1::text[]) AS s (consumer)
    CROSS JOIN log.heads AS h
    LEFT JOIN log.checkpoints AS c
        ON c.consumer = s.consumer AND c.tenant_id = h.tenant_id
    WHERE h.position > coalesce(c.position, 0)
)
SELECT consumer, tenant_id, events, greatest(seconds, 0), tenants, all_events, longest
FROM (
    SELECT
        *,
        count(*) OVER whole AS tenants,
        (sum(events) OVER whole)::bigint AS all_events,
        greatest(max(seconds) OVER whole, 0) AS longest,
        row_number() OVER (PARTITION BY consumer ORDER BY events DESC, tenant_id) AS rank
    FROM behind
    WINDOW whole AS (PARTITION BY consumer)
) AS ranked
WHERE rank <= $2
ORDER BY consumer, rank
