-- Tells how far a table of a past is folded, or why it cannot be filled.
-- $1 tenant, $2 past, $3 the read table's name, $4 folded, $5 error
INSERT INTO log.past_tables (tenant_id, past_id, consumer, folded, error)
SELECT past.tenant_id, past.past_id, $3::text, $4::bigint, $5::text
FROM log.pasts AS past
WHERE past.tenant_id = $1 AND past.past_id = $2
ON CONFLICT (tenant_id, past_id, consumer)
DO UPDATE SET folded = excluded.folded, error = excluded.error, updated_at = now()
