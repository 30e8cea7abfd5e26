-- Writes down a version of a read model.
-- $1 consumer, $2 read model, $3 version, $4 state, $5 whose rows it shows,
-- $6 its columns
INSERT INTO log.read_tables (consumer, read_model, version, state, shows, columns, built_at)
VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $4 = 'live' THEN now() END)
ON CONFLICT (consumer) DO UPDATE SET
    state = excluded.state,
    shows = excluded.shows,
    columns = excluded.columns,
    built_at = coalesce(read_tables.built_at, excluded.built_at)
