-- Moves checkpoints that are still where they were seen, and says which. All
-- rows are locked in one order before any is changed, so that two projectors
-- cannot wait for each other; the second finds them moved.
--
-- INVARIANT: what a process works on under leases moves only while it has them.
-- Guarded by the test `a_projector_that_was_paused_writes_nothing`.
-- $1 the consumers, $2 the tenant of each, $3 where it was, $4 since when,
-- $5 where it goes, $6 how many erasures its rows have then taken in; $7 the group
-- of the leases, or null without any, $8 the process, $9 the shards it believes to
-- have, $10 the fence of each
WITH fenced AS MATERIALIZED (
    SELECT shard FROM log.fenced($7::text, $8::uuid, $9::smallint[], $10::bigint[]) AS f (shard)
),
held AS MATERIALIZED (
    SELECT c.consumer, c.tenant_id, s.next, s.erasures
    FROM unnest(
        $1::text[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::bigint[], $6::bigint[]
    ) AS s (consumer, tenant_id, position, updated_at, next, erasures)
    JOIN log.checkpoints AS c
        ON c.consumer = s.consumer
            AND c.tenant_id = s.tenant_id
            AND c.position = s.position
            AND c.updated_at = s.updated_at
    WHERE $7::text IS NULL OR log.shard(s.tenant_id) IN (SELECT shard FROM fenced)
    ORDER BY c.tenant_id, c.consumer
    FOR UPDATE OF c
)
UPDATE log.checkpoints AS c
SET position = held.next, erasures = held.erasures, updated_at = clock_timestamp()
FROM held
WHERE c.consumer = held.consumer AND c.tenant_id = held.tenant_id
RETURNING c.consumer, c.tenant_id, c.updated_at
