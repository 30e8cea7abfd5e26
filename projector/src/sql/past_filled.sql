-- A table of a past is filled.
-- $1 tenant, $2 past, $3 the read table's name, $4 folded, $5 rows, $6 erasures
INSERT INTO log.past_tables (tenant_id, past_id, consumer, folded, rows, erasures)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, past_id, consumer)
DO UPDATE SET
    folded = excluded.folded,
    rows = excluded.rows,
    erasures = excluded.erasures,
    error = NULL,
    updated_at = now()
