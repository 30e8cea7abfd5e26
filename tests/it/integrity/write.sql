-- Events behind the last of a tenant, in streams of five, with nulls here and
-- there.
-- $1 tenant, $2 how many
WITH head AS (
    UPDATE log.heads SET position = position + $2 WHERE tenant_id = $1 RETURNING position
)
INSERT INTO log.events
SELECT
    $1,
    n,
    md5('stream ' || (n - 1) / 5)::uuid,
    (n - 1) % 5 + 1,
    'thing',
    'thing.' || CASE WHEN n % 5 = 1 THEN 'made' ELSE 'changed' END,
    1,
    1,
    md5('event ' || n)::uuid,
    '2026-11-20T09:00:00Z'::timestamptz + n * interval '1 second',
    '2026-11-20T09:00:01Z'::timestamptz + n * interval '1 second',
    'user:' || n % 7,
    md5('command ' || n)::uuid,
    md5('command ' || n)::uuid,
    CASE WHEN n % 3 = 0 THEN md5('event ' || n - 1)::uuid END,
    CASE WHEN n % 2 = 0 THEN '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' END,
    CASE WHEN n % 4 = 0 THEN '\x81a6726561736f6ea474657374'::bytea END,
    decode('82a46e616d65a5', 'hex') || left(md5(n::text), 5)::bytea || '\xa16e05'::bytea
FROM head, generate_series(head.position - $2 + 1, head.position) AS n
