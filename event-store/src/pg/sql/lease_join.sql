-- Counts a process among those of its group for a while, forgets those that
-- have not been heard of, and says whether it is new.
-- $1 the group, $2 the process, $3 for how many seconds
WITH gone AS (
    DELETE FROM log.lease_holders
    WHERE consumers = $1
        AND process <> $2
        AND clock_timestamp() NOT BETWEEN renewed_at AND until
)
INSERT INTO log.lease_holders AS h (consumers, process, renewed_at, until)
SELECT $1, $2, now.at, now.at + make_interval(secs => $3)
FROM (SELECT clock_timestamp() AS at) AS now
ON CONFLICT (consumers, process) DO UPDATE SET
    renewed_at = excluded.renewed_at,
    until = excluded.until
RETURNING xmax = 0
