-- Some tiles of a level.
-- $1 tenant, $2 level, $3 first place, $4 last place
SELECT
    t.level,
    t.index,
    t.hashes
FROM log.tree_tiles AS t
WHERE t.tenant_id = $1 AND t.level = $2 AND t.index BETWEEN $3 AND $4
