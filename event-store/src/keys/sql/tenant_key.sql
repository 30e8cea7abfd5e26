-- $1 the tenant, $2 what the key is for, $3 its version; null: the newest
SELECT k.version, k.master, k.wrapped
FROM log.tenant_keys AS k
WHERE k.tenant_id = $1 AND k.purpose = $2 AND k.version = coalesce($3::integer, k.version)
ORDER BY k.version DESC
LIMIT 1
