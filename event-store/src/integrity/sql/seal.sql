-- Hands new tiles and a checkpoint to the log. See log.seal in schema.sql.
-- $1 tenant, $2 size before, $3 size, $4 root, $5 note, $6 levels, $7 places,
-- $8 hashes
SELECT log.seal($1, $2, $3, $4, $5, $6, $7, $8)
