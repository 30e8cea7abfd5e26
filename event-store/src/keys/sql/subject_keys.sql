-- $1 the tenant, $2 the people
SELECT k.subject_id, k.tenant_key, k.wrapped
FROM unnest($2::uuid[]) AS s (subject_id)
JOIN LATERAL (
    SELECT k.subject_id, k.tenant_key, k.wrapped
    FROM log.subject_keys AS k
    WHERE k.tenant_id = $1 AND k.subject_id = s.subject_id
    LIMIT 1
) AS k ON true
