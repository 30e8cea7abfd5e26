-- Whether a tenant is among the shards that a process still has, which it then
-- keeps until the transaction has ended.
-- $1 tenant, $2 the group of the leases, $3 the process, $4 the shards it believes to
-- have, $5 the fence of each
SELECT log.shard($1) IN (SELECT log.fenced($2, $3, $4, $5))
