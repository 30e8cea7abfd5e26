-- Discards the event that holds a stream up, and asks for another attempt at the
-- stream. Nothing if it is another event by now.
-- $1 the consumer, $2 its read model, $3 the tenant, $4 the stream, $5 the event's
-- position, $6 the positions of what is discarded, that event's and those of
-- events held back, $7 their versions, $8 the reason, $9 who decides so
WITH poison AS MATERIALIZED (
    SELECT
        q.tenant_id,
        q.stream_type,
        q.stream_id,
        q.error
    FROM log.quarantined_streams AS q
    WHERE q.consumer IN ($1, $1 || '.building')
        AND q.tenant_id = $3
        AND q.stream_id = $4
        AND q.position = $5
    FOR UPDATE OF q
),
asked AS (
    UPDATE log.quarantined_streams AS q
    SET asked = true
    FROM poison AS p
    WHERE q.consumer IN ($1, $1 || '.building')
        AND q.tenant_id = p.tenant_id
        AND q.stream_id = p.stream_id
)
INSERT INTO log.discarded_events
    (tenant_id, read_model, position, stream_type, stream_id, version, error, reason, actor)
SELECT p.tenant_id, $2, e.position, p.stream_type, p.stream_id, e.version, p.error, $8, $9
FROM poison AS p
CROSS JOIN unnest($6::bigint[], $7::bigint[]) AS e (position, version)
ON CONFLICT DO NOTHING
