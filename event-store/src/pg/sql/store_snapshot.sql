-- Puts a snapshot in the place of the one before, whatever that was: it may be
-- of a version that the stream no longer has.
-- $1 tenant, $2 stream, $3 type, $4 version, $5 event, $6 fingerprint, $7 state
INSERT INTO log.snapshots (
    tenant_id,
    stream_id,
    stream_type,
    version,
    event_id,
    fingerprint,
    state
)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT ON CONSTRAINT snapshots_pkey DO UPDATE SET
    stream_type = excluded.stream_type,
    version = excluded.version,
    event_id = excluded.event_id,
    fingerprint = excluded.fingerprint,
    state = excluded.state,
    taken_at = excluded.taken_at
