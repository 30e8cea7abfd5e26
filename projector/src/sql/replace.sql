-- Sets a consumer's checkpoints, and forgets the failures it has got past.
-- $1 consumer, $2 tenants, $3 the position of each, $4 how many erasures its rows
-- have taken in
WITH reached AS MATERIALIZED (
    SELECT r.tenant_id, r.position, r.erasures
    FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) AS r (tenant_id, position, erasures)
),
recovered AS (
    DELETE FROM log.consumer_failures AS f
    USING reached AS r
    WHERE f.consumer = $1 AND f.tenant_id = r.tenant_id AND f.position <= r.position
)
INSERT INTO log.checkpoints (consumer, tenant_id, position, erasures, updated_at)
SELECT $1, r.tenant_id, r.position, r.erasures, clock_timestamp()
FROM reached AS r
ORDER BY r.tenant_id
ON CONFLICT (consumer, tenant_id) DO UPDATE SET
    position = excluded.position,
    erasures = excluded.erasures,
    updated_at = excluded.updated_at
