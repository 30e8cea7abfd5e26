-- Where a tenant's log ends, if there is anything of it; and a consumer that
-- has folded a log of it.
-- $1 tenant
WITH head AS MATERIALIZED (
    SELECT position
    FROM log.heads
    WHERE tenant_id = $1
    FOR UPDATE
)
SELECT
    greatest(
        coalesce((SELECT position FROM head), 0),
        coalesce((SELECT max(position) FROM log.events WHERE tenant_id = $1), 0)
    ),
    (SELECT min(consumer) FROM log.checkpoints WHERE tenant_id = $1 AND position > 0)
