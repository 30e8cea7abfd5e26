-- All versions of all read models, and how far those are that are being built.
SELECT
    t.read_model,
    t.version,
    t.consumer,
    t.state,
    t.shows,
    b.phase,
    b.paused,
    b.done,
    b.total,
    b.rows,
    CASE WHEN b.seen_at > b.resumed_at THEN
        (b.done - b.resumed_done) / extract(epoch FROM b.seen_at - b.resumed_at)::float8
    END,
    extract(epoch FROM clock_timestamp() - b.seen_at)::float8
FROM log.read_tables AS t
LEFT JOIN log.builds AS b ON b.consumer = t.consumer
ORDER BY t.read_model, t.version DESC
