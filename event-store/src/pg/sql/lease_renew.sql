-- Prolongs the leases that a process still has, and says which. One that has
-- lapsed is not prolonged, even if nobody has taken it: it is leased anew,
-- with another fence.
-- $1 the group, $2 the process, $3 for how many seconds
UPDATE log.leases AS l
SET renewed_at = now.at, until = now.at + make_interval(secs => $3)
FROM (SELECT clock_timestamp() AS at) AS now
WHERE l.consumers = $1
    AND l.process = $2
    AND now.at BETWEEN l.renewed_at AND l.until
RETURNING l.shard, l.fence
