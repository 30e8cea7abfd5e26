-- Puts reactions where they were.
-- $1 tenant, $2 the log's last position, $3 rows of consumer and position
INSERT INTO log.checkpoints (consumer, tenant_id, position)
SELECT
    line.row::jsonb ->> 'consumer',
    $1,
    least((line.row::jsonb ->> 'position')::bigint, $2)
FROM unnest($3::text[]) AS line (row)
ON CONFLICT (consumer, tenant_id) DO UPDATE SET position = excluded.position
