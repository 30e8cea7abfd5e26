-- Hands a batch of appends to the log. See log.append in schema.sql.
-- $1–$15 one element per append, $16–$22 per event, $23–$30 per claim,
-- $31–$33 per reference, $34–$37 per new key, $38–$40 per data subject
SELECT
    verdicts,
    versions,
    first_positions,
    last_positions,
    recorded_at,
    details
FROM log.append(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
    $16, $17, $18, $19, $20, $21, $22,
    $23, $24, $25, $26, $27, $28, $29, $30,
    $31, $32, $33,
    $34, $35, $36, $37,
    $38, $39, $40
)
