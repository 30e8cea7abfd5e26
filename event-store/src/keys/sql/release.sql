-- $1 the tenant, $2 the kind of value, $3 the value, $4 who has it
DELETE FROM log.claims
WHERE tenant_id = $1 AND scope = $2 AND key = $3 AND stream_id = $4
