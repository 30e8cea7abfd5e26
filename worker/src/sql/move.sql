-- Moves reactions on, each only from where it was thought to be; names those
-- that were there.
-- $1 tenant, $2 consumers, $3 from, $4 to
UPDATE log.checkpoints AS c
SET position = move.target, updated_at = now()
FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS move (consumer, origin, target)
WHERE c.tenant_id = $1 AND c.consumer = move.consumer AND c.position = move.origin
RETURNING c.consumer
