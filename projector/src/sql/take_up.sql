-- Takes up a build that was interrupted, if there is one, and says whether it is
-- to wait.
-- $1 its consumer
UPDATE log.builds
SET resumed_at = now(), resumed_done = done, seen_at = now()
WHERE consumer = $1
RETURNING paused
