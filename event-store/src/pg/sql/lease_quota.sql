-- How many processes a group has, and how many of them come before this one.
-- $1 the group, $2 the process
SELECT count(*), count(*) FILTER (WHERE process < $2)
FROM log.lease_holders
WHERE consumers = $1 AND clock_timestamp() BETWEEN renewed_at AND until
