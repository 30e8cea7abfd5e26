-- Takes the right to rebuild a read model, for as long as the session lasts,
-- and says as whom.
-- $1 its consumer
SELECT
    pg_try_advisory_lock(hashtextextended('tenantry.rebuild.' || $1::text, 0)),
    current_user::text
