-- Consumers that are behind the end of a tenant's log, or have not taken in all
-- of its erasures, and where they stand.
-- $1 the consumers, $2 the shards of tenants, or null for all
SELECT
    h.tenant_id,
    h.position,
    h.recorded_at,
    s.place,
    c.position,
    c.updated_at,
    f.position,
    f.attempts,
    f.error,
    f.failed_at,
    h.erasures,
    c.erasures
FROM log.heads AS h
CROSS JOIN unnest($1::text[]) WITH ORDINALITY AS s (consumer, place)
LEFT JOIN log.checkpoints AS c
    ON c.consumer = s.consumer AND c.tenant_id = h.tenant_id
LEFT JOIN log.consumer_failures AS f
    ON f.consumer = s.consumer AND f.tenant_id = h.tenant_id
WHERE (h.position > coalesce(c.position, 0) OR h.erasures > c.erasures)
    AND ($2::smallint[] IS NULL OR log.shard(h.tenant_id) = ANY ($2))
ORDER BY h.tenant_id, s.place
