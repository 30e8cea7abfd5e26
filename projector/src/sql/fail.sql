-- Notes that a consumer stands still before an event, if it does: another
-- process may have moved on meanwhile.
-- $1 consumer, $2 tenant, $3 the event's position, $4 why, $5 since when the
-- checkpoint is before the event
INSERT INTO log.consumer_failures AS f (consumer, tenant_id, position, attempts, error)
SELECT c.consumer, c.tenant_id, $3::bigint, 1, $4
FROM log.checkpoints AS c
WHERE c.consumer = $1
    AND c.tenant_id = $2
    AND c.position = $3::bigint - 1
    AND c.updated_at = $5
ON CONFLICT (consumer, tenant_id) DO UPDATE SET
    position = excluded.position,
    attempts = CASE WHEN f.position = excluded.position THEN f.attempts + 1 ELSE 1 END,
    error = excluded.error,
    failed_at = clock_timestamp()
