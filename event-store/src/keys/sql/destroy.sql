-- $1 the tenant, $2 the person
UPDATE log.subject_keys
SET wrapped = NULL, destroyed_at = clock_timestamp()
WHERE tenant_id = $1 AND subject_id = $2
