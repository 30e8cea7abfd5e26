-- The tables of a past that has expired, whether they are there, and whether this
-- transaction has them to itself: one that is being filled has not.
-- $1 tenant, $2 past
SELECT
    filled.consumer,
    to_regclass(format('past.%I', filled.consumer)) IS NOT NULL,
    pg_try_advisory_xact_lock(
        hashtextextended('past:' || filled.past_id || ':' || filled.consumer, 0)
    )
FROM log.past_tables AS filled
JOIN log.pasts AS past
    ON past.tenant_id = filled.tenant_id AND past.past_id = filled.past_id
WHERE filled.tenant_id = $1 AND filled.past_id = $2 AND past.expires_at <= now()
