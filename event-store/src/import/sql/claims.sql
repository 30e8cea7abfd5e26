-- Gives unique values to streams, or takes them away.
-- $1 tenants, $2 scopes, $3 keys, $4 streams: null where the value is free
WITH value AS MATERIALIZED (
    SELECT v.tenant_id, v.scope, v.key, v.stream_id
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[])
        AS v (tenant_id, scope, key, stream_id)
),
freed AS (
    DELETE FROM log.claims AS claim
    USING value AS v
    WHERE v.stream_id IS NULL
        AND claim.tenant_id = v.tenant_id AND claim.scope = v.scope AND claim.key = v.key
)
INSERT INTO log.claims AS held (tenant_id, scope, key, stream_id)
SELECT v.tenant_id, v.scope, v.key, v.stream_id
FROM value AS v
WHERE v.stream_id IS NOT NULL
-- An earlier run may have given it to whoever has released it since.
ON CONFLICT ON CONSTRAINT claims_pkey DO UPDATE SET stream_id = excluded.stream_id
    WHERE held.stream_id <> excluded.stream_id
