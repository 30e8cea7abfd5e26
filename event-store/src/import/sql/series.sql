-- Lets series go on after the last of their numbers.
-- $1 tenants, $2 series, $3 last numbers
INSERT INTO log.series (tenant_id, series, last_number)
SELECT s.tenant_id, s.series, s.last_number
FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS s (tenant_id, series, last_number)
ON CONFLICT ON CONSTRAINT series_pkey DO UPDATE SET last_number = excluded.last_number
