-- Gives up what erased people had taken, as the archive's tenant has done since.
-- $1 tenant, $2 the archive's tenant
DELETE FROM log.claims AS c
USING log.erasures AS e
WHERE c.tenant_id = $1
    AND e.tenant_id = $2
    AND e.subject_id = c.stream_id
    AND $1 <> $2
    AND NOT EXISTS (
        SELECT FROM log.claims AS live
        WHERE live.tenant_id = $2 AND live.scope = c.scope AND live.key = c.key
    )
