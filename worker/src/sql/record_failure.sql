-- Records that a reaction stands still.
-- $1 consumer, $2 tenant, $3 position of the event it cannot take, $4 why
INSERT INTO log.consumer_failures AS known (consumer, tenant_id, position, attempts, error)
VALUES ($1, $2, $3, 1, $4)
ON CONFLICT ON CONSTRAINT consumer_failures_pkey DO UPDATE SET
    attempts = CASE WHEN known.position = excluded.position THEN known.attempts + 1 ELSE 1 END,
    position = excluded.position,
    error = excluded.error,
    failed_at = now()
