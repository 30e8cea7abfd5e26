-- Consumers that are behind the end of a tenant's log, have not taken in all of its
-- erasures, or have quarantined streams, and where they stand.
-- $1 the consumers, $2 the shards of tenants, or null for all, $3 the read model of
-- each consumer, $4 after how many seconds a quarantined stream is tried again,
-- twice as many each time, $5 up to so many
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
    c.erasures,
    q.asked,
    q.due,
    d.last
FROM log.heads AS h
CROSS JOIN unnest($1::text[], $3::text[]) WITH ORDINALITY AS s (consumer, read_model, place)
LEFT JOIN log.checkpoints AS c
    ON c.consumer = s.consumer AND c.tenant_id = h.tenant_id
LEFT JOIN log.consumer_failures AS f
    ON f.consumer = s.consumer AND f.tenant_id = h.tenant_id
LEFT JOIN (
    SELECT
        consumer,
        tenant_id,
        bool_or(asked) AS asked,
        bool_or(
            clock_timestamp() >= tried_at + make_interval(
                secs => least($4::float8 * 2 ^ least(attempts - 1, 20), $5::float8)
            )
        ) AS due
    FROM log.quarantined_streams
    WHERE consumer = ANY ($1)
    GROUP BY consumer, tenant_id
) AS q ON q.consumer = s.consumer AND q.tenant_id = h.tenant_id
LEFT JOIN (
    SELECT read_model, tenant_id, max(position) AS last
    FROM log.discarded_events
    GROUP BY read_model, tenant_id
) AS d ON d.read_model = s.read_model AND d.tenant_id = h.tenant_id
WHERE (h.position > coalesce(c.position, 0) OR h.erasures > c.erasures OR q.asked IS NOT NULL)
    AND ($2::smallint[] IS NULL OR log.shard(h.tenant_id) = ANY ($2))
ORDER BY h.tenant_id, s.place
