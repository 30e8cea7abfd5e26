-- Brings a segment's events back. See log.warm in schema.sql.
-- $1 tenant, $2 last position, $3 … $18 a column each
SELECT log.warm(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18
)
