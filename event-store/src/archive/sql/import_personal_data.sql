-- Says which events up to a position hold something of whom.
-- $1 tenant, $2 rows without their tenant, $3 the log's last position
INSERT INTO log.personal_data
SELECT new.*
FROM unnest($2::text[]) AS line (row)
CROSS JOIN LATERAL jsonb_populate_record(
    NULL::log.personal_data,
    line.row::jsonb || jsonb_build_object('tenant_id', $1::uuid)
) AS new
WHERE new.position <= $3
