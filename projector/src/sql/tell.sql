-- Notes how far a build has come, and answers whether it is to wait.
-- $1 its consumer, $2 the phase, $3 events gone through, $4 of so many, $5 rows
UPDATE log.builds
SET phase = $2, done = $3, total = $4, rows = $5, seen_at = clock_timestamp()
WHERE consumer = $1
RETURNING paused
