-- Brings refused intents in.
-- $1 tenant, $2 rows without their tenant, $3 the log's last position
INSERT INTO log.refused_intents
SELECT new.*
FROM unnest($2::text[]) AS line (row)
CROSS JOIN LATERAL jsonb_populate_record(
    NULL::log.refused_intents,
    line.row::jsonb || jsonb_build_object('tenant_id', $1::uuid)
) AS new
WHERE $3::bigint >= 0
