-- Hands a batch of appends to the log. See log.append in schema.sql.
-- $1–$13 one element per append, $14–$20 per event, $21–$25 per claim,
-- $26–$28 per reference
SELECT
    append,
    verdict,
    version,
    first_position,
    last_position,
    recorded_at,
    claim
FROM log.append(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
    $14, $15, $16, $17, $18, $19, $20,
    $21, $22, $23, $24, $25,
    $26, $27, $28
)
