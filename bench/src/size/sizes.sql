-- What the log takes on disk: each table and each index in bytes, partitions
-- taken together, an index named by the columns of its key.
WITH tables AS (
    SELECT c.oid, regexp_replace(c.relname, '_\d+$', '') AS name
    FROM pg_catalog.pg_class AS c
    WHERE c.relnamespace = 'log'::regnamespace AND c.relkind = 'r'
        AND c.relname ~ '^(events|commands)'
)
SELECT t.name, sum(pg_table_size(t.oid))::bigint
FROM tables AS t
GROUP BY t.name
UNION ALL
SELECT
    format('%s (%s)', t.name, keys.columns),
    sum(pg_relation_size(i.indexrelid))::bigint
FROM tables AS t
JOIN pg_catalog.pg_index AS i ON i.indrelid = t.oid
CROSS JOIN LATERAL (
    SELECT string_agg(a.attname, ', ' ORDER BY k.place) AS columns
    FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (attribute, place)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.attribute
) AS keys
GROUP BY t.name, keys.columns
ORDER BY 1
