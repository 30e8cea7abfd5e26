-- Everybody of whom there is anything: with a head, with events, with tiles or
-- with checkpoints. Each look skips the rest of one tenant's rows.
WITH RECURSIVE writer AS (
    (SELECT e.tenant_id FROM log.events AS e ORDER BY e.tenant_id LIMIT 1)
    UNION ALL
    SELECT next.tenant_id
    FROM writer
    CROSS JOIN LATERAL (
        SELECT e.tenant_id FROM log.events AS e
        WHERE e.tenant_id > writer.tenant_id ORDER BY e.tenant_id LIMIT 1
    ) AS next
)
SELECT tenant_id FROM log.heads
UNION SELECT tenant_id FROM writer
UNION SELECT tenant_id FROM log.tree_tiles WHERE index = 0
UNION SELECT tenant_id FROM log.tree_checkpoints
ORDER BY tenant_id
