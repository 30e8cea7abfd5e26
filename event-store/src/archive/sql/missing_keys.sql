-- Makes known that the keys of people did not come along: what they sealed
-- reads as erased.
-- $1 tenant
INSERT INTO log.subject_keys (tenant_id, subject_id, wrapped, tenant_key, destroyed_at)
SELECT DISTINCT p.tenant_id, p.subject_id, NULL::bytea, 1, now()
FROM log.personal_data AS p
WHERE p.tenant_id = $1
ON CONFLICT DO NOTHING
