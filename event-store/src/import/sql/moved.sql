-- Moves the ends of logs, and the manifests with them.
-- One element per tenant: $1 tenant, $2 position, $3 recorded at;
-- $4 order, $5 rules, $6 how events of these names were written
WITH moved AS (
    SELECT m.tenant_id, m.position, m.recorded_at
    FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[])
        AS m (tenant_id, position, recorded_at)
),
head AS (
    UPDATE log.heads AS head
    SET position = m.position, recorded_at = m.recorded_at
    FROM moved AS m
    WHERE head.tenant_id = m.tenant_id
)
INSERT INTO log.imported_histories (tenant_id, order_rule, rules, names, events)
SELECT m.tenant_id, $4, $5, $6, m.position
FROM moved AS m
ON CONFLICT ON CONSTRAINT imported_histories_pkey
DO UPDATE SET
    events = excluded.events,
    rules = excluded.rules,
    names = imported_histories.names || excluded.names,
    updated_at = now()
