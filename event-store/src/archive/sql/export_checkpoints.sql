-- How far each reaction that is registered has come in a tenant's log. Those of
-- read models stay behind: their tables are filled anew.
-- $1 tenant, $2 position
SELECT jsonb_build_object('consumer', mark.consumer, 'position', coalesce(c.position, 0))::text
FROM log.checkpoints AS mark
LEFT JOIN log.checkpoints AS c
    ON c.consumer = mark.consumer AND c.tenant_id = $1
WHERE mark.tenant_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    AND mark.consumer LIKE 'reaction:%'
    AND $2::bigint >= 0
ORDER BY mark.consumer
