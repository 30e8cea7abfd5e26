-- The tables of the past that are not filled, or were filled before somebody was
-- erased. One that could not be filled waits for a minute.
-- $1 the read tables' names
SELECT past.tenant_id, past.past_id, past.position, head.erasures, wanted.consumer
FROM log.pasts AS past
JOIN log.heads AS head ON head.tenant_id = past.tenant_id
CROSS JOIN unnest($1::text[]) AS wanted (consumer)
LEFT JOIN log.past_tables AS filled
    ON filled.tenant_id = past.tenant_id
    AND filled.past_id = past.past_id
    AND filled.consumer = wanted.consumer
WHERE past.expires_at > now()
    AND filled.erasures IS DISTINCT FROM head.erasures
    AND (filled.error IS NULL OR filled.updated_at < now() - interval '1 minute')
    AND to_regclass(format('past.%I', wanted.consumer)) IS NOT NULL
ORDER BY past.requested_at, wanted.consumer
LIMIT 64
