-- What was known of streams that are held up by the same event as before.
-- $1 the consumer before, $2 the one after
UPDATE log.quarantined_streams AS new
SET attempts = old.attempts,
    quarantined_at = old.quarantined_at,
    tried_at = old.tried_at,
    asked = old.asked
FROM log.quarantined_streams AS old
WHERE old.consumer = $1
    AND new.consumer = $2
    AND new.tenant_id = old.tenant_id
    AND new.stream_id = old.stream_id
    AND new.position = old.position
