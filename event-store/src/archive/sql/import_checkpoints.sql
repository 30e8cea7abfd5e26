-- Puts reactions where they were.
-- $1 tenant, $2 rows of consumer and position, $3 the log's last position
INSERT INTO log.checkpoints (consumer, tenant_id, position)
SELECT
    line.row::jsonb ->> 'consumer',
    $1,
    least((line.row::jsonb ->> 'position')::bigint, $3)
FROM unnest($2::text[]) AS line (row)
ON CONFLICT (consumer, tenant_id) DO UPDATE SET position = excluded.position
