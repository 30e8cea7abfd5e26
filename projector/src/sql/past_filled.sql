-- A table of a past is filled, if the past is still there.
-- $1 tenant, $2 past, $3 the read table's name, $4 folded, $5 rows, $6 erasures
INSERT INTO log.past_tables (tenant_id, past_id, consumer, folded, rows, erasures)
SELECT past.tenant_id, past.past_id, $3::text, $4::bigint, $5::bigint, $6::bigint
FROM log.pasts AS past
WHERE past.tenant_id = $1 AND past.past_id = $2
ON CONFLICT (tenant_id, past_id, consumer)
DO UPDATE SET
    folded = excluded.folded,
    rows = excluded.rows,
    erasures = excluded.erasures,
    error = NULL,
    updated_at = now()
