-- Where every tenant's log ends, or one's, how far each consumer has come in it, and how
-- many erasures its rows have not taken in.
-- $1 the consumers, $2 the tenant, or nothing
SELECT
    h.tenant_id,
    h.position,
    coalesce(c.position, 0),
    h.erasures - coalesce(c.erasures, h.erasures)
FROM log.heads AS h
CROSS JOIN unnest($1::text[]) WITH ORDINALITY AS s (consumer, place)
LEFT JOIN log.checkpoints AS c
    ON c.consumer = s.consumer AND c.tenant_id = h.tenant_id
WHERE $2::uuid IS NULL OR h.tenant_id = $2
ORDER BY h.tenant_id, s.place
