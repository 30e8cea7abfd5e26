-- Leases shards that nobody has, and says which, with which fence, and whether
-- they were taken from a process that was not heard of any more.
--
-- Whoever writes under a lease holds its row FOR KEY SHARE. That lets it be
-- prolonged meanwhile, but not be taken: what is being written is waited for
-- by passing over the shard this time.
-- $1 the group, $2 the process, $3 for how many seconds, $4 at most so many
WITH free AS MATERIALIZED (
    SELECT consumers, shard, process
    FROM log.leases
    WHERE consumers = $1
        AND (process IS NULL OR clock_timestamp() NOT BETWEEN renewed_at AND until)
    ORDER BY shard
    LIMIT $4
    FOR UPDATE SKIP LOCKED
)
UPDATE log.leases AS l
SET process = $2,
    fence = l.fence + 1,
    renewed_at = now.at,
    until = now.at + make_interval(secs => $3)
FROM free
CROSS JOIN (SELECT clock_timestamp() AS at) AS now
WHERE l.consumers = free.consumers AND l.shard = free.shard
RETURNING l.shard, l.fence, free.process IS NOT NULL AND free.process <> $2
