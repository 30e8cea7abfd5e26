-- Notes the erasures that the archive's tenant has seen since.
-- $1 tenant, $2 the archive's tenant, $3 the log's last position
INSERT INTO log.erasures (tenant_id, number, subject_id, position, actor, reason, erased_at)
SELECT $1, e.number, e.subject_id, least(e.position, $3), e.actor, e.reason, e.erased_at
FROM log.erasures AS e
WHERE e.tenant_id = $2 AND $1 <> $2
ON CONFLICT DO NOTHING
