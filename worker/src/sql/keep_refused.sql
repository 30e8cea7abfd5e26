-- Keeps refused commands for people to look at.
-- $1 tenant, then one element per command: $2 command id, $3 origin,
-- $4 causation, $5 correlation, $6 dispatch, $7 code, $8 message
INSERT INTO log.refused_intents (
    tenant_id, command_id, origin, causation_id, correlation_id, dispatch, code, message
)
SELECT
    $1, r.command_id, r.origin, r.causation_id, r.correlation_id, r.dispatch, r.code, r.message
FROM unnest(
    $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::bytea[], $7::text[], $8::text[]
) AS r (command_id, origin, causation_id, correlation_id, dispatch, code, message)
ON CONFLICT DO NOTHING
