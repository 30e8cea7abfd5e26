-- Which of these read tables there are.
-- $1 their names
SELECT c.relname::text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'read' AND c.relname = ANY ($1)
