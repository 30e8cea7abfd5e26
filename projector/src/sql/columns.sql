-- The columns of a read table in their order, as CREATE TABLE spells them.
-- $1 the table's name
SELECT
    quote_ident_always.name || ' ' || format_type(a.atttypid, a.atttypmod)
        || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
CROSS JOIN LATERAL (
    SELECT '"' || replace(a.attname, '"', '""') || '"' AS name
) AS quote_ident_always
WHERE n.nspname = 'read'
    AND c.relname = $1
    AND a.attnum > 0
    AND NOT a.attisdropped
ORDER BY a.attnum
