-- The positions of events that hold something about people of whom a tenant was
-- asked to forget everything.
-- $1 the tenant, $2 after this erasure, $3 up to this one
SELECT held.position
FROM log.erasures AS x
CROSS JOIN LATERAL (
    SELECT d.position
    FROM log.personal_data AS d
    WHERE d.tenant_id = x.tenant_id AND d.subject_id = x.subject_id
    ORDER BY d.position
) AS held
WHERE x.tenant_id = $1 AND x.number > $2 AND x.number <= $3
