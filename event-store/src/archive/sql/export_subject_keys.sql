-- The keys of people, encrypted under the tenant's; those of erased people say
-- that they are.
-- $1 tenant
SELECT (to_jsonb(t) - 'tenant_id')::text
FROM log.subject_keys AS t
WHERE t.tenant_id = $1
ORDER BY t.subject_id
