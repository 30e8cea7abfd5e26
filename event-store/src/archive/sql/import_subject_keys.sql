-- Brings the keys of people in.
-- $1 tenant, $2 rows without their tenant
INSERT INTO log.subject_keys
SELECT new.*
FROM unnest($2::text[]) AS line (row)
CROSS JOIN LATERAL jsonb_populate_record(
    NULL::log.subject_keys,
    line.row::jsonb || jsonb_build_object('tenant_id', $1::uuid)
) AS new
