-- How many streams are quarantined for each of these consumers, in their order.
-- $1 the consumers, $2 the shards of tenants, or null for all
SELECT count(q.stream_id)
FROM unnest($1::text[]) WITH ORDINALITY AS s (consumer, place)
LEFT JOIN log.quarantined_streams AS q
    ON q.consumer = s.consumer
        AND ($2::smallint[] IS NULL OR log.shard(q.tenant_id) = ANY ($2))
GROUP BY s.place
ORDER BY s.place
