-- Whether a read table has its key, and says who may see it.
-- $1 its name
SELECT
    EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'p'
    ),
    c.relrowsecurity
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'read' AND c.relname = $1
