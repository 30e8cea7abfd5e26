-- Removes timers whose command was given, unless they were set anew meanwhile.
-- $1 tenant, then one element per timer: $2 stream, $3 name, $4 the event that
-- set it
DELETE FROM log.timers AS timer
USING unnest($2::uuid[], $3::text[], $4::uuid[]) AS t (stream_id, name, set_by_event)
WHERE timer.tenant_id = $1
    AND timer.stream_id = t.stream_id AND timer.name = t.name
    AND timer.set_by_event = t.set_by_event
