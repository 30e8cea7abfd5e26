-- Gives up the right to rebuild a read model.
-- $1 its consumer
SELECT pg_advisory_unlock(hashtextextended('tenantry.rebuild.' || $1::text, 0))
