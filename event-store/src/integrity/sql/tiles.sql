-- Some tiles of a tree.
-- $1 tenant, $2 levels, $3 places in them
SELECT
    tile.level,
    tile.index,
    tile.hashes
FROM unnest($2::smallint[], $3::bigint[]) AS asked (level, index)
CROSS JOIN LATERAL (
    SELECT t.level, t.index, t.hashes
    FROM log.tree_tiles AS t
    WHERE t.tenant_id = $1 AND t.level = asked.level AND t.index = asked.index
    LIMIT 1
) AS tile
