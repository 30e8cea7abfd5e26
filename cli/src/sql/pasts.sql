-- Pasts that were asked for, and how far their tables are.
-- $1 one tenant, or null, $2 the names of the read tables
SELECT
    past.tenant_id,
    past.past_id,
    past.position,
    past.requested_by,
    past.reason,
    past.requested_at,
    past.expires_at,
    past.expires_at <= now() AS expired,
    count(*) FILTER (WHERE it.erasures = head.erasures) AS filled,
    coalesce(sum(it.folded), 0)::bigint AS folded,
    coalesce(sum(it.rows), 0)::bigint AS rows,
    max(it.consumer || ': ' || it.error) AS error
FROM log.pasts AS past
JOIN log.heads AS head ON head.tenant_id = past.tenant_id
LEFT JOIN log.past_tables AS it
    ON it.tenant_id = past.tenant_id
    AND it.past_id = past.past_id
    AND it.consumer = ANY ($2)
WHERE $1::uuid IS NULL OR past.tenant_id = $1
GROUP BY past.tenant_id, past.past_id, head.erasures
ORDER BY past.requested_at, past.past_id
