-- Destroys the keys of people who were erased, from this tenant or from the
-- one that its archive was made from.
-- $1 tenant, $2 the archive's tenant
UPDATE log.subject_keys AS k
SET wrapped = NULL, destroyed_at = e.erased_at
FROM log.erasures AS e
WHERE k.tenant_id = $1
    AND e.tenant_id IN ($1, $2)
    AND e.subject_id = k.subject_id
    AND k.wrapped IS NOT NULL
