-- Forgets the failures of reactions that go on.
-- $1 tenant, $2 consumers
DELETE FROM log.consumer_failures
WHERE tenant_id = $1 AND consumer = ANY ($2)
