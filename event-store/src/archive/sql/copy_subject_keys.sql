-- Gives a tenant the keys of people that another has.
-- $1 tenant, $2 the other
INSERT INTO log.subject_keys
SELECT new.*
FROM log.subject_keys AS t
CROSS JOIN LATERAL jsonb_populate_record(t, jsonb_build_object('tenant_id', $1::uuid)) AS new
WHERE t.tenant_id = $2
