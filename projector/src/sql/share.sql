-- Keeps rebuilds from putting other tables in place until this transaction
-- has ended.
-- $1 the consumers
SELECT pg_advisory_xact_lock_shared(hashtextextended('tenantry.read.' || s.consumer, 0))
FROM unnest($1::text[]) AS s (consumer)
