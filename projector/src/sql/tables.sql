-- Which of these read tables there are; what only looks like one is none.
-- $1 their names
SELECT c.relname::text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'read' AND c.relkind = 'r' AND c.relname = ANY ($1)
