-- Forgets failures that consumers have got past.
-- $1 the consumers, $2 the tenant of each
DELETE FROM log.consumer_failures AS f
USING unnest($1::text[], $2::uuid[]) AS s (consumer, tenant_id)
WHERE f.consumer = s.consumer AND f.tenant_id = s.tenant_id
