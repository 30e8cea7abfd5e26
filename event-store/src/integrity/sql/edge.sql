-- The tiles at the right edge of a tree.
-- $1 tenant, $2 leaves of the tree
SELECT
    tile.level,
    tile.index,
    tile.hashes
FROM generate_series(0, 6) AS edge (level)
CROSS JOIN LATERAL (
    SELECT t.level, t.index, t.hashes
    FROM log.tree_tiles AS t
    WHERE t.tenant_id = $1
        AND t.level = edge.level AND t.index = $2::bigint >> (8 * (edge.level + 1))
    LIMIT 1
) AS tile
WHERE ($2::bigint >> (8 * edge.level)) & 255 > 0
