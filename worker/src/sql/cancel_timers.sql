-- Forgets timers.
-- $1 tenant, then one element per timer: $2 stream, $3 name
DELETE FROM log.timers AS timer
USING unnest($2::uuid[], $3::text[]) AS t (stream_id, name)
WHERE timer.tenant_id = $1 AND timer.stream_id = t.stream_id AND timer.name = t.name
