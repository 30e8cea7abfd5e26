-- The streams with events that hold something about people of whom a tenant was
-- asked to forget everything, and the first position of such an event in each.
-- $1 the tenant, $2 after this erasure, $3 up to this one
SELECT e.stream_type, e.stream_id, min(e.position)
FROM log.erasures AS x
CROSS JOIN LATERAL (
    SELECT d.position
    FROM log.personal_data AS d
    WHERE d.tenant_id = x.tenant_id AND d.subject_id = x.subject_id
    ORDER BY d.position
) AS held
CROSS JOIN LATERAL (
    SELECT e.stream_type, e.stream_id, e.position
    FROM log.events AS e
    WHERE e.tenant_id = x.tenant_id AND e.position = held.position
    LIMIT 1
) AS e
WHERE x.tenant_id = $1 AND x.number > $2 AND x.number <= $3
GROUP BY e.stream_type, e.stream_id
ORDER BY e.stream_id
