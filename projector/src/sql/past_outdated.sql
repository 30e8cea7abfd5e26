-- A table of a past that was filled before somebody was erased, and that this
-- program does not know, so that it is filled again by another at most; and
-- whether it is there.
-- $1 the read tables' names that this program knows
SELECT
    filled.tenant_id,
    filled.past_id,
    filled.consumer,
    to_regclass(format('past.%I', filled.consumer)) IS NOT NULL
FROM log.past_tables AS filled
JOIN log.heads AS head ON head.tenant_id = filled.tenant_id
WHERE filled.erasures < head.erasures AND filled.consumer <> ALL ($1)
LIMIT 64
