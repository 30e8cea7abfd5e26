-- Whether this transaction has a table of a past to itself.
-- $1 past, $2 the read table's name
SELECT pg_try_advisory_xact_lock(hashtextextended('past:' || $1::uuid || ':' || $2::text, 0))
