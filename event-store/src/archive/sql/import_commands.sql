-- Brings commands in, those that had come to their end by then.
-- $1 tenant, $2 rows without their tenant, $3 the log's last position
INSERT INTO log.commands
SELECT new.*
FROM unnest($2::text[]) AS line (row)
CROSS JOIN LATERAL jsonb_populate_record(
    NULL::log.commands,
    line.row::jsonb || jsonb_build_object('tenant_id', $1::uuid)
) AS new
WHERE new.last_position <= $3
ON CONFLICT DO NOTHING
