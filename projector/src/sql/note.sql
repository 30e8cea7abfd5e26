-- Notes that a tenant's rows are in a table that is being built.
-- $1 its consumer, $2 tenant, $3 how far its log was folded, $4 how many erasures
-- are taken in, $5 rows
INSERT INTO log.built_tenants (consumer, tenant_id, position, erasures, rows)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (consumer, tenant_id) DO UPDATE SET
    position = excluded.position
