-- An import that has not ended.
-- $1 tenant
SELECT source_tenant, until_position, position
FROM log.imports
WHERE tenant_id = $1 AND finished_at IS NULL
FOR UPDATE
