-- Before which event a consumer stands still.
-- $1 consumer, $2 tenant
SELECT position
FROM log.consumer_failures
WHERE consumer = $1 AND tenant_id = $2
