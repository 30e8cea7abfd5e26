-- Waits for the projectors' transactions on a read model, and keeps new ones
-- waiting until this one has ended.
-- $1 its consumer
SELECT pg_advisory_xact_lock(hashtextextended('tenantry.read.' || $1::text, 0))
