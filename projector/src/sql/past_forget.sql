-- Forgets that a table of a past was filled, if it was before somebody was erased.
-- $1 tenant, $2 past, $3 the read table's name
DELETE FROM log.past_tables AS filled
USING log.heads AS head
WHERE filled.tenant_id = $1
    AND filled.past_id = $2
    AND filled.consumer = $3
    AND head.tenant_id = filled.tenant_id
    AND filled.erasures < head.erasures
