-- Sets timers; those that are set already move.
-- $1 tenant, then one element per timer: $2 stream, $3 name, $4 due, $5 dispatch,
-- $6 the event that sets it, $7 correlation
INSERT INTO log.timers (
    tenant_id, stream_id, name, due_at, dispatch, set_by_event, correlation_id
)
SELECT $1, t.stream_id, t.name, t.due_at, t.dispatch, t.set_by_event, t.correlation_id
FROM unnest(
    $2::uuid[], $3::text[], $4::timestamptz[], $5::bytea[], $6::uuid[], $7::uuid[]
) AS t (stream_id, name, due_at, dispatch, set_by_event, correlation_id)
ON CONFLICT ON CONSTRAINT timers_pkey DO UPDATE SET
    due_at = excluded.due_at,
    dispatch = excluded.dispatch,
    set_by_event = excluded.set_by_event,
    correlation_id = excluded.correlation_id,
    attempts = 0
