-- Sets a consumer's checkpoints, and forgets the failures it has got past.
-- $1 consumer, $2 tenants, $3 the position of each
WITH reached AS MATERIALIZED (
    SELECT r.tenant_id, r.position
    FROM unnest($2::uuid[], $3::bigint[]) AS r (tenant_id, position)
),
recovered AS (
    DELETE FROM log.consumer_failures AS f
    USING reached AS r
    WHERE f.consumer = $1 AND f.tenant_id = r.tenant_id AND f.position <= r.position
)
INSERT INTO log.checkpoints (consumer, tenant_id, position, updated_at)
SELECT $1, r.tenant_id, r.position, clock_timestamp()
FROM reached AS r
ORDER BY r.tenant_id
ON CONFLICT (consumer, tenant_id) DO UPDATE SET
    position = excluded.position,
    updated_at = excluded.updated_at
