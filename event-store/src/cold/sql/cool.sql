-- Registers a segment and removes its events. See log.cool in schema.sql.
-- $1 tenant, $2 first position, $3 last, $4 object, $5 its bytes, $6 unpacked,
-- $7 its SHA-256, $8 its streams
SELECT log.cool($1, $2, $3, $4, $5, $6, $7, $8)
