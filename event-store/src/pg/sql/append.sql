-- Hands a batch of appends to the log. See log.append in schema.sql.
-- $1 whether to leave out locked tenants, $2–$16 one element per append,
-- $17–$23 per event, $24–$31 per claim, $32–$34 per reference,
-- $35–$38 per new key, $39–$41 per data subject
SELECT
    verdicts,
    versions,
    first_positions,
    last_positions,
    recorded_at,
    details
FROM log.append(
    $1,
    $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
    $17, $18, $19, $20, $21, $22, $23,
    $24, $25, $26, $27, $28, $29, $30, $31,
    $32, $33, $34,
    $35, $36, $37, $38,
    $39, $40, $41
)
