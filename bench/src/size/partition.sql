-- Puts hash partitions by tenant in the place of the one table of events, to be
-- measured beside it. {count} is replaced by how many.
SET ROLE tenantry_owner;
CREATE TABLE log.parted (LIKE log.events INCLUDING ALL) PARTITION BY HASH (tenant_id);
DROP TABLE log.events;
ALTER TABLE log.parted RENAME TO events;
DO $$
BEGIN
    FOR place IN 0 .. {count} - 1 LOOP
        EXECUTE format(
            'CREATE TABLE log.events_%1$s PARTITION OF log.events
             FOR VALUES WITH (MODULUS {count}, REMAINDER %1$s)',
            place
        );
    END LOOP;
END
$$;
ALTER TABLE log.events ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.events FORCE ROW LEVEL SECURITY;
CREATE POLICY rebuilding ON log.events FOR SELECT TO tenantry_owner USING (true);
CREATE POLICY appending ON log.events TO tenantry_log USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.events FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT ON log.events TO tenantry_log;
GRANT SELECT ON log.events TO
    tenantry_command, tenantry_query, tenantry_projector, tenantry_worker;
RESET ROLE;
