-- A tenant's timers that are due, those first that have not failed.
-- $1 tenant, $2 now, $3 at most so many
SELECT
    stream_id,
    name,
    due_at,
    dispatch,
    set_by_event,
    correlation_id,
    attempts
FROM log.timers
WHERE tenant_id = $1 AND due_at <= $2
ORDER BY attempts, due_at, stream_id, name
LIMIT $3
