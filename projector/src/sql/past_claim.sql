-- The erasures that a table of a past was last filled with, if the past is still
-- to be kept.
-- $1 tenant, $2 past, $3 the read table's name
SELECT (
    SELECT filled.erasures
    FROM log.past_tables AS filled
    WHERE filled.tenant_id = past.tenant_id
        AND filled.past_id = past.past_id
        AND filled.consumer = $3
)
FROM log.pasts AS past
WHERE past.tenant_id = $1 AND past.past_id = $2 AND past.expires_at > now()
