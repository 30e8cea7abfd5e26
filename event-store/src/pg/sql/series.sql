-- The last number taken from each series, 0 where none was, in the order asked.
-- $1 tenant, $2 names of series
SELECT coalesce(series.last_number, 0)
FROM unnest($2::text[]) WITH ORDINALITY AS asked (name, place)
LEFT JOIN log.series AS series ON series.tenant_id = $1 AND series.series = asked.name
ORDER BY asked.place
