-- Where a tenant's log ends, by its head and by its last checkpoint, at one
-- moment.
-- $1 tenant
SELECT
    (SELECT head.position FROM log.heads AS head WHERE head.tenant_id = $1),
    (SELECT max(c.size) FROM log.tree_checkpoints AS c WHERE c.tenant_id = $1)
