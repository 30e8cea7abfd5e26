-- What became of a command.
-- $1 tenant, $2 command id
SELECT
    request_hash,
    stream_id,
    version,
    first_position,
    last_position,
    recorded_at
FROM log.commands
WHERE tenant_id = $1 AND command_id = $2
