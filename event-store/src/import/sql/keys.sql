-- Keeps the keys of people who have none yet, sealed with the newest key of
-- their tenant. Others are left out.
-- $1 tenants, $2 data subjects, $3 keys, $4 the tenants' keys that sealed them
INSERT INTO log.subject_keys (tenant_id, subject_id, wrapped, tenant_key)
SELECT k.tenant_id, k.subject_id, k.wrapped, k.tenant_key
FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::integer[])
    AS k (tenant_id, subject_id, wrapped, tenant_key)
WHERE k.tenant_key = (
    SELECT max(above.version)
    FROM log.tenant_keys AS above
    WHERE above.tenant_id = k.tenant_id AND above.purpose = 'subjects'
)
ON CONFLICT ON CONSTRAINT subject_keys_pkey DO NOTHING
