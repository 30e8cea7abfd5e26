-- The tiles with more hashes than a tree of its size has.
-- $1 tenant, $2 leaves of the tree
SELECT
    t.level,
    t.index,
    (octet_length(t.hashes) / 32)::bigint
FROM log.tree_tiles AS t
WHERE t.tenant_id = $1
    AND octet_length(t.hashes) / 32
        > greatest(0, least(256, ($2::bigint >> (8 * t.level)) - t.index * 256))
ORDER BY t.level, t.index
LIMIT 1000
