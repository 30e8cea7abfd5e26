-- Commands whose outcome is kept, from all over.
-- $1 percent of the pages to look for them in, $2 the most
SELECT tenant_id, command_id
FROM log.commands TABLESAMPLE SYSTEM ($1) REPEATABLE (1)
ORDER BY hashtextextended(command_id::text, 0)
LIMIT $2
