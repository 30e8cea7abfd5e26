-- $1 the tenant, $2 the person, $3 where the log ends, $4 who asked, $5 why,
-- $6 the number of the erasure
WITH counted AS (
    UPDATE log.heads SET erasures = $6 WHERE tenant_id = $1
)
INSERT INTO log.erasures (tenant_id, number, subject_id, position, actor, reason, erased_at)
VALUES ($1, $6, $2, $3, $4, $5, clock_timestamp())
RETURNING erased_at, pg_notify('tenantry_erased', tenant_id::text)
