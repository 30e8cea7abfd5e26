-- $1 the tenant, $2 the person
SELECT e.number, e.position, e.erased_at, (
    SELECT count(*)
    FROM log.personal_data AS p
    WHERE p.tenant_id = e.tenant_id AND p.subject_id = e.subject_id
)
FROM log.erasures AS e
WHERE e.tenant_id = $1 AND e.subject_id = $2
