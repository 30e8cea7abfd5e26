-- Moves the heads to where the logs end.
UPDATE log.heads AS h
SET position = e.position
FROM log.heads AS behind
CROSS JOIN LATERAL (
    SELECT last.position
    FROM log.events AS last
    WHERE last.tenant_id = behind.tenant_id
    ORDER BY last.position DESC
    LIMIT 1
) AS e
WHERE h.tenant_id = behind.tenant_id AND h.position < e.position
