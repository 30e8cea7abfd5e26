-- The durable database of Tenantry, complete, in reading order:
-- roles → tenants → heads → events → personal data → idempotency, claims,
-- series → append → snapshots → integrity → archive → consumers' checkpoints,
-- failures and leases → timers and refused intents → cold storage → imported
-- histories → for operators.
--
-- The read tables are not here: they are derived from the row types of the
-- read models, live in the schema `read`, and can be rebuilt from `log.events`
-- at any time. Beside them, in the schema `past`, stand tables of the same shape
-- for moments of the past that somebody asked to be put into tables.
--
-- Every table that holds a tenant's data is under forced row level security:
-- a session sees the tenant named by the setting `tenantry.tenant` of its
-- transaction, and nothing at all when there is none.

-- ── Roles ───────────────────────────────────────────────────────────────────
-- None can log in. A service's login is a member of the one role it needs and
-- starts its sessions in it. Roles belong to the server, not to the database,
-- so they may exist already.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'tenantry_owner',      -- owns the tables; used by migrations and rebuilds alone
        'tenantry_log',        -- owns the functions that append and seal; writes the log alone
        'tenantry_command',    -- decides and appends
        'tenantry_query',      -- reads
        'tenantry_projector',  -- folds events into read tables
        'tenantry_worker',     -- reacts, runs timers
        'tenantry_cold'        -- moves old events between the log and cold storage
    ] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$$;

-- The migrating login acts for the owner from here on.
DO $$
BEGIN
    EXECUTE format('GRANT tenantry_owner, tenantry_log TO %I', current_user);
END
$$;

CREATE SCHEMA log AUTHORIZATION tenantry_owner;
CREATE SCHEMA read AUTHORIZATION tenantry_owner;
CREATE SCHEMA past AUTHORIZATION tenantry_owner;
GRANT USAGE ON SCHEMA log TO
    tenantry_log, tenantry_command, tenantry_query, tenantry_projector, tenantry_worker,
    tenantry_cold;
GRANT USAGE ON SCHEMA read, past TO tenantry_query, tenantry_projector;

-- What text is found by: indexes of parts of words, and of tenants together
-- with these. Both extensions come with PostgreSQL, and need no superuser.
CREATE SCHEMA search AUTHORIZATION tenantry_owner;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA search;
CREATE EXTENSION IF NOT EXISTS btree_gin SCHEMA search;

SET ROLE tenantry_owner;

-- Which schema this database has. One row.
CREATE TABLE log.schema_version (
    version integer NOT NULL
);
INSERT INTO log.schema_version (version) VALUES (1);
GRANT SELECT ON log.schema_version TO
    tenantry_command, tenantry_query, tenantry_projector, tenantry_worker, tenantry_cold;

-- The tenant of the current transaction; null when there is none, so that a
-- comparison with it is never true. A setting that once had a value reads as
-- the empty string afterwards, hence nullif.
CREATE FUNCTION log.current_tenant() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('tenantry.tenant', true), '')::uuid;

-- The keys of the rows of the transaction's tenant in whose column a text is
-- found by its parts, given as a pattern, or by its words. A policy is checked
-- before anything that might tell of a row it hides, as these operators might:
-- under row level security they use no index. Here, no policy hides anything,
-- and the tenant is asked for like everything else.
CREATE FUNCTION read.found(in_table regclass, key text, in_column text, how text, what text)
RETURNS SETOF uuid
LANGUAGE plpgsql STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        CASE how
            WHEN 'parts' THEN 'SELECT %I FROM %s WHERE tenant_id = $1 AND %I ILIKE $2'
            WHEN 'words' THEN
                'SELECT %I FROM %s WHERE tenant_id = $1
                 AND to_tsvector(''simple'', %I) @@ websearch_to_tsquery(''simple'', $2)'
        END,
        key, in_table, in_column
    ) USING log.current_tenant(), what;
END
$$;
REVOKE ALL ON FUNCTION read.found FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read.found TO tenantry_query;

-- ── Tenants ─────────────────────────────────────────────────────────────────
-- Who has a log here. Written when a tenant is provisioned.
CREATE TABLE log.tenants (
    tenant_id   uuid NOT NULL,
    name        text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id)
);
ALTER TABLE log.tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY provisioning ON log.tenants TO tenantry_owner USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.tenants FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT ON log.tenants TO tenantry_command, tenantry_query, tenantry_worker;

-- Where each tenant's log ends. An append locks the rows of its tenants, which
-- is what makes positions gapless and their order the order of commits.
-- Half of every page is left free, so that an update stays on its page and
-- touches no index.
CREATE TABLE log.heads (
    tenant_id    uuid NOT NULL,
    position     bigint NOT NULL DEFAULT 0 CHECK (position >= 0),
    -- Never earlier than that of the event before, whatever the clock does.
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    -- How many people were erased: the number of the last row in log.erasures.
    erasures     bigint NOT NULL DEFAULT 0,
    CONSTRAINT heads_pkey PRIMARY KEY (tenant_id)
) WITH (fillfactor = 50);
ALTER TABLE log.heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.heads FORCE ROW LEVEL SECURITY;
CREATE POLICY provisioning ON log.heads TO tenantry_owner USING (true) WITH CHECK (true);
CREATE POLICY appending ON log.heads TO tenantry_log USING (true) WITH CHECK (true);
-- Consumers find out by it which tenants have something new.
CREATE POLICY consuming ON log.heads FOR SELECT
    TO tenantry_projector, tenantry_worker, tenantry_cold USING (true);
CREATE POLICY own_tenant ON log.heads FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT, UPDATE ON log.heads TO tenantry_log;
GRANT SELECT ON log.heads TO
    tenantry_command, tenantry_query, tenantry_projector, tenantry_worker, tenantry_cold;

-- ── Events ──────────────────────────────────────────────────────────────────
-- What happened. Written by log.append alone and never changed. What is old may
-- have moved on: see log.segments.
CREATE TABLE log.events (
    tenant_id       uuid NOT NULL,
    -- 1, 2, 3 … per tenant, in the order of commits, without gaps.
    position        bigint NOT NULL,
    stream_id       uuid NOT NULL,
    -- 1, 2, 3 … per stream.
    version         bigint NOT NULL,
    stream_type     text NOT NULL,
    -- {stream_type}.{event}, for example invoice.issued.
    type            text NOT NULL,
    -- The version of the event's shape.
    schema_version  smallint NOT NULL,
    -- How payload is encoded: 1 is MessagePack with field names.
    codec           smallint NOT NULL,
    event_id        uuid NOT NULL,
    occurred_at     timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL,
    -- {kind}:{id}, for example user:01J….
    actor           text NOT NULL,
    command_id      uuid NOT NULL,
    correlation_id  uuid NOT NULL,
    causation_id    uuid,
    -- W3C trace context of the command, when it was traced.
    trace_parent    text,
    -- Further circumstances (roles, impersonator, reason), MessagePack.
    metadata        bytea,
    payload         bytea NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (tenant_id, position),
    -- Serves: loading a stream; two writers of one version cannot both win.
    CONSTRAINT events_by_stream UNIQUE (tenant_id, stream_id, version)
) WITH (
    -- Rows never change, so vacuum has each page done with for good when it
    -- comes the first time, which it does while the page is still in memory:
    -- after so many events, however many there are. Left to the defaults it
    -- would come ever more rarely, and one day rewrite the whole table.
    autovacuum_vacuum_insert_threshold = 200000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_freeze_min_age = 0
);
ALTER TABLE log.events ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.events FORCE ROW LEVEL SECURITY;
-- The owner reads across tenants to rebuild and verify; it cannot write.
CREATE POLICY rebuilding ON log.events FOR SELECT TO tenantry_owner USING (true);
CREATE POLICY appending ON log.events TO tenantry_log USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.events FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT ON log.events TO tenantry_log;
GRANT SELECT ON log.events TO
    tenantry_command, tenantry_query, tenantry_projector, tenantry_worker, tenantry_cold;

-- ── Personal data ───────────────────────────────────────────────────────────
-- The keys that personal data in events is sealed with, one per data subject.
-- The keys of tenants, encrypted under a master key that no database holds:
-- one kind encrypts the keys of people, the other hashes personal values that
-- must be found again.
CREATE TABLE log.tenant_keys (
    tenant_id   uuid NOT NULL,
    purpose     text NOT NULL CHECK (purpose IN ('subjects', 'match')),
    version     integer NOT NULL CHECK (version >= 1),
    -- Which master key decrypts it.
    master      text NOT NULL,
    wrapped     bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tenant_keys_pkey PRIMARY KEY (tenant_id, purpose, version)
);
ALTER TABLE log.tenant_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.tenant_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY rotating ON log.tenant_keys TO tenantry_owner USING (true) WITH CHECK (true);
CREATE POLICY appending ON log.tenant_keys TO tenantry_log USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.tenant_keys FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT ON log.tenant_keys TO tenantry_log;
GRANT SELECT ON log.tenant_keys TO
    tenantry_command, tenantry_query, tenantry_projector, tenantry_worker;

-- The keys of people, each encrypted under a key of the tenant. Whoever has no
-- key any more is erased: what it sealed stays and says nothing.
CREATE TABLE log.subject_keys (
    tenant_id     uuid NOT NULL,
    subject_id    uuid NOT NULL,
    -- The key, sealed with the tenant's. Null once it is destroyed: what it
    -- sealed is erased.
    wrapped       bytea,
    -- The tenant's key that sealed it.
    tenant_key    integer NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    destroyed_at  timestamptz,
    CONSTRAINT subject_keys_pkey PRIMARY KEY (tenant_id, subject_id)
);
ALTER TABLE log.subject_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.subject_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY erasing ON log.subject_keys TO tenantry_owner USING (true) WITH CHECK (true);
CREATE POLICY appending ON log.subject_keys TO tenantry_log USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.subject_keys FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT ON log.subject_keys TO tenantry_log;
GRANT SELECT ON log.subject_keys TO
    tenantry_command, tenantry_query, tenantry_projector, tenantry_worker;

-- Which events hold something of which data subject.
CREATE TABLE log.personal_data (
    tenant_id   uuid NOT NULL,
    subject_id  uuid NOT NULL,
    position    bigint NOT NULL,
    CONSTRAINT personal_data_pkey PRIMARY KEY (tenant_id, subject_id, position)
);
ALTER TABLE log.personal_data ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.personal_data FORCE ROW LEVEL SECURITY;
CREATE POLICY erasing ON log.personal_data FOR SELECT TO tenantry_owner USING (true);
CREATE POLICY appending ON log.personal_data TO tenantry_log USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.personal_data FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT ON log.personal_data TO tenantry_log;
GRANT SELECT ON log.personal_data TO
    tenantry_command, tenantry_query, tenantry_projector, tenantry_worker;

-- Who was erased, and when: 1, 2, 3 … per tenant, in the order in which it
-- happened. Consumers go by it to fold anew what they made of the person.
CREATE TABLE log.erasures (
    tenant_id   uuid NOT NULL,
    number      bigint NOT NULL CHECK (number >= 1),
    subject_id  uuid NOT NULL,
    -- Where the log ended then.
    position    bigint NOT NULL,
    actor       text NOT NULL,
    reason      text NOT NULL,
    erased_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT erasures_pkey PRIMARY KEY (tenant_id, number),
    CONSTRAINT erasures_once UNIQUE (tenant_id, subject_id)
);
ALTER TABLE log.erasures ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.erasures FORCE ROW LEVEL SECURITY;
CREATE POLICY erasing ON log.erasures TO tenantry_owner USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.erasures FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT ON log.erasures TO
    tenantry_command, tenantry_query, tenantry_projector, tenantry_worker;

-- ── Idempotency, claims, series ─────────────────────────────────────────────
-- The outcome of every command that may be repeated, that is, whose id the
-- caller chose. By it a repetition gets the first answer. Written with the
-- command's events, and kept for a while: log.rotate_commands drops partitions
-- whose time is over. No index can tell that an id is there once when the
-- partitions are of time; that it is, log.append sees to under the tenant's lock.
CREATE TABLE log.commands (
    tenant_id       uuid NOT NULL,
    command_id      uuid NOT NULL,
    -- SHA-256 of what was asked: the same id with another request is refused.
    request_hash    bytea NOT NULL,
    stream_id       uuid NOT NULL,
    version         bigint NOT NULL,
    -- The positions of its events; first_position > last_position: there were none.
    first_position  bigint NOT NULL,
    last_position   bigint NOT NULL,
    recorded_at     timestamptz NOT NULL,
    CONSTRAINT commands_pkey PRIMARY KEY (tenant_id, command_id, recorded_at)
) PARTITION BY RANGE (recorded_at);
ALTER TABLE log.commands ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.commands FORCE ROW LEVEL SECURITY;
CREATE POLICY appending ON log.commands TO tenantry_log USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.commands FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT ON log.commands TO tenantry_log;
GRANT SELECT ON log.commands TO tenantry_command, tenantry_worker;

-- For times without a partition of their own, so that no append ever fails for
-- want of one.
CREATE TABLE log.commands_default PARTITION OF log.commands DEFAULT;
ALTER TABLE log.commands_default ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.commands_default FORCE ROW LEVEL SECURITY;
CREATE POLICY rotating ON log.commands_default
    TO tenantry_owner USING (true) WITH CHECK (true);

-- The other partitions of log.commands.
CREATE TABLE log.command_partitions (
    name        text NOT NULL,
    -- From here on, null for the first; and up to here.
    from_time   timestamptz,
    until_time  timestamptz NOT NULL,
    CONSTRAINT command_partitions_pkey PRIMARY KEY (until_time)
);

-- Adds the partition that will be needed next and drops what is older than the
-- retention. A partition is as long as the retention, so that there are three
-- of them whatever it is: a look-up costs the same. Outcomes are kept for once
-- to twice the retention. Gives the number of partitions dropped.
CREATE FUNCTION log.rotate_commands_at(retention interval, at timestamptz) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
-- Appends wait behind whoever waits for this lock: better try again later.
SET lock_timeout = '1s'
AS $$
DECLARE
    newest   timestamptz;
    until    timestamptz;
    added    text;
    old      record;
    dropped  integer := 0;
BEGIN
    IF retention < interval '1 minute' THEN
        RAISE EXCEPTION 'the retention is %, expected a minute or more', retention
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('tenantry.rotate_commands'));
    SELECT max(p.until_time) INTO newest FROM log.command_partitions AS p;
    IF newest >= at + retention AND NOT EXISTS (
        SELECT FROM log.command_partitions AS p WHERE p.until_time <= at - retention
    ) THEN
        RETURN 0;
    END IF;
    -- All at once and the parent first, as appends lock them.
    LOCK TABLE log.commands IN ACCESS EXCLUSIVE MODE;
    WHILE newest IS NULL OR newest < at + retention LOOP
        until := greatest(newest, at) + retention;
        added := 'commands_' || to_char(until AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MISS');
        EXECUTE format('CREATE TABLE log.%I (LIKE log.commands)', added);
        EXECUTE format('ALTER TABLE log.%I ENABLE ROW LEVEL SECURITY', added);
        EXECUTE format('ALTER TABLE log.%I FORCE ROW LEVEL SECURITY', added);
        EXECUTE format(
            'CREATE POLICY rotating ON log.%I TO tenantry_owner USING (true) WITH CHECK (true)',
            added
        );
        -- The default partition must not hold what belongs to another.
        EXECUTE format(
            'WITH moved AS (
                DELETE FROM log.commands_default
                WHERE recorded_at >= %L AND recorded_at < %L
                RETURNING *
            )
            INSERT INTO log.%I SELECT * FROM moved',
            coalesce(newest, '-infinity'), until, added
        );
        EXECUTE format(
            'ALTER TABLE log.commands ATTACH PARTITION log.%I FOR VALUES FROM (%s) TO (%L)',
            added, coalesce(quote_literal(newest), 'MINVALUE'), until
        );
        INSERT INTO log.command_partitions (name, from_time, until_time)
        VALUES (added, newest, until);
        newest := until;
    END LOOP;
    FOR old IN
        DELETE FROM log.command_partitions AS p
        WHERE p.until_time <= at - retention
        RETURNING p.name
    LOOP
        EXECUTE format('DROP TABLE log.%I', old.name);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM log.commands_default WHERE recorded_at < at - retention;
    RETURN dropped;
END
$$;
REVOKE ALL ON FUNCTION log.rotate_commands_at FROM PUBLIC;

CREATE FUNCTION log.rotate_commands(retention interval) RETURNS integer
LANGUAGE sql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
RETURN log.rotate_commands_at(retention, now());
REVOKE ALL ON FUNCTION log.rotate_commands FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.rotate_commands TO tenantry_worker;
SELECT log.rotate_commands(interval '30 days');

-- Values that only one stream of a tenant may have.
CREATE TABLE log.claims (
    tenant_id  uuid NOT NULL,
    scope      text NOT NULL,
    key        text NOT NULL,
    stream_id  uuid NOT NULL,
    CONSTRAINT claims_pkey PRIMARY KEY (tenant_id, scope, key)
);
ALTER TABLE log.claims ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.claims FORCE ROW LEVEL SECURITY;
CREATE POLICY erasing ON log.claims TO tenantry_owner USING (true) WITH CHECK (true);
CREATE POLICY appending ON log.claims TO tenantry_log USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.claims FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON log.claims TO tenantry_log;
GRANT SELECT ON log.claims TO tenantry_command, tenantry_worker;

-- The last number taken of every series that has no gaps.
CREATE TABLE log.series (
    tenant_id    uuid NOT NULL,
    series       text NOT NULL,
    last_number  bigint NOT NULL CHECK (last_number >= 1),
    CONSTRAINT series_pkey PRIMARY KEY (tenant_id, series)
) WITH (fillfactor = 50);
ALTER TABLE log.series ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.series FORCE ROW LEVEL SECURITY;
CREATE POLICY appending ON log.series TO tenantry_log USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.series FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT, UPDATE ON log.series TO tenantry_log;
GRANT SELECT ON log.series TO tenantry_command, tenantry_worker;

RESET ROLE;

-- ── Append ──────────────────────────────────────────────────────────────────
-- Writes any number of appends, of any tenants, in one transaction, and gives
-- each its own verdict: one that loses does not fail its neighbours, unless
-- they are of one group, which is stored as a whole or not at all.
--
-- Why positions have no gaps and readers skip nothing: the first statement
-- locks the head rows of all tenants concerned, in the order of their ids, so
-- that two calls cannot wait for each other. Whoever holds a head is alone in
-- that tenant's log until its transaction ends. The statements after it start
-- when the locks are held; their snapshots therefore contain everything that
-- was ever written to these tenants, checks against it are exact, and the
-- positions given out become visible in their order, all at once.
--
-- The caller sees to it that no two appends of one call write the same stream,
-- share a command id, touch the same claim, series or key, or refer to a stream
-- that another of them writes; it would decide against a state that its
-- neighbour is about to change. Within a group they may: the caller then tells
-- how many events earlier appends of the group add to the stream (priors), and
-- what all the group's claims come to.
--
-- Whatever few appends have (claims, references, personal data) is judged and
-- written by statements of its own, which are left out when there is none.
--
-- Plans must not depend on table statistics, which are wrong for a table that
-- was empty a moment ago: look-ups are LATERAL with a limit, which nothing but
-- a nested loop over an index can do; no table is joined in any other way;
-- joins between the arguments, whose sizes nobody knows when the plan is made,
-- are hash joins.
GRANT CREATE ON SCHEMA log TO tenantry_log;
SET ROLE tenantry_log;
CREATE FUNCTION log.append(
    -- Whether to leave out tenants whose head somebody else holds, where a call
    -- waits otherwise.
    skip_locked      boolean,
    -- One element per append.
    tenants          uuid[],
    streams          uuid[],
    stream_types     text[],
    -- The version the stream must have before the call.
    expected         bigint[],
    -- How many events earlier appends of the group add to the stream.
    priors           bigint[],
    counts           integer[],
    -- What appends have in common that are stored all or none; mostly null.
    groups           integer[],
    command_ids      uuid[],
    -- Null where the command's outcome need not be remembered.
    request_hashes   bytea[],
    occurred_at      timestamptz[],
    actors           text[],
    correlation_ids  uuid[],
    causation_ids    uuid[],
    trace_parents    text[],
    metadata         bytea[],
    -- One element per event: its append (1, 2, …), its place in it (1, 2, …).
    event_appends    integer[],
    event_places     integer[],
    event_ids        uuid[],
    event_types      text[],
    schema_versions  smallint[],
    codecs           smallint[],
    payloads         bytea[],
    -- One element per claim: t takes, r releases, n takes numbers, so many from
    -- a first one on.
    claim_appends    integer[],
    claim_kinds      "char"[],
    claim_scopes     text[],
    claim_keys       text[],
    claim_numbers    bigint[],
    claim_counts     bigint[],
    -- Who has the taken value in the end: null when it is released again.
    claim_holders    uuid[],
    -- Streams that may have had the value too, because the group releases it
    -- before it takes it, with commas between; mostly null.
    claim_releasers  text[],
    -- One element per reference: a stream that must be at this version.
    reference_appends   integer[],
    reference_streams   uuid[],
    reference_versions  bigint[],
    -- One element per key of a data subject that has none yet.
    key_appends      integer[],
    key_subjects     uuid[],
    wrapped_keys     bytea[],
    tenant_keys      integer[],
    -- One element per data subject of an event.
    subject_appends  integer[],
    subject_places   integer[],
    subjects         uuid[],
    -- What became of the appends, in their order: s stored, g not stored because
    -- another of its group was not, d duplicate, h id reused for another
    -- request, v version conflict, c claim taken, n number not the next,
    -- r reference changed, k the subject has a key or the tenant another one,
    -- t no such tenant, b left
    -- out, because somebody else holds the tenant's head.
    OUT verdicts         "char"[],
    -- The version the stream has, after the append if it was stored.
    OUT versions         bigint[],
    OUT first_positions  bigint[],
    OUT last_positions   bigint[],
    OUT recorded_at      timestamptz[],
    -- What was taken: {scope} {key}; whose key is there.
    OUT details          text[]
)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_nestloop = off
SET enable_mergejoin = off
-- The penalties above would look like a query worth compiling.
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    -- The heads, one element per tenant.
    head_tenants     uuid[];
    head_positions   bigint[];
    head_times       timestamptz[];
    locked_at        timestamptz;
    -- What is to be refused for a claim, a reference or a key.
    lost_appends     integer[];
    lost_verdicts    "char"[];
    lost_details     text[];
BEGIN
    IF skip_locked THEN
        SELECT array_agg(h.tenant_id), array_agg(h.position), array_agg(h.recorded_at)
        INTO head_tenants, head_positions, head_times
        FROM (
            SELECT head.tenant_id, head.position, head.recorded_at
            FROM log.heads AS head
            WHERE head.tenant_id = ANY (tenants)
            FOR UPDATE SKIP LOCKED
        ) AS h;
    ELSE
        SELECT array_agg(h.tenant_id), array_agg(h.position), array_agg(h.recorded_at)
        INTO head_tenants, head_positions, head_times
        FROM (
            SELECT head.tenant_id, head.position, head.recorded_at
            FROM log.heads AS head
            WHERE head.tenant_id = ANY (tenants)
            ORDER BY head.tenant_id
            FOR UPDATE
        ) AS h;
    END IF;
    locked_at := clock_timestamp();

    IF cardinality(claim_appends) + cardinality(reference_appends) + cardinality(key_appends) > 0
    THEN
        SELECT array_agg(l.append), array_agg(l.verdict), array_agg(l.detail)
        INTO lost_appends, lost_verdicts, lost_details
        FROM (
            -- A number that was taken is worth another try, a value is not: it
            -- is named first.
            SELECT DISTINCT ON (f.append) f.append, f.verdict, f.detail
            FROM (
                SELECT r.append, 1 AS rank, 'r'::"char" AS verdict, NULL AS detail
                FROM unnest(reference_appends, reference_streams, reference_versions)
                    AS r (append, stream_id, version)
                LEFT JOIN LATERAL (
                    SELECT e.version
                    FROM log.events AS e
                    WHERE e.tenant_id = tenants[r.append] AND e.stream_id = r.stream_id
                    ORDER BY e.version DESC
                    LIMIT 1
                ) AS actual ON true
                WHERE coalesce(actual.version, 0) <> r.version
                UNION ALL
                SELECT c.append, 2, 'c', c.scope || ' ' || c.key
                FROM unnest(claim_appends, claim_kinds, claim_scopes, claim_keys, claim_releasers)
                    AS c (append, kind, scope, key, releasers)
                JOIN LATERAL (
                    SELECT held.stream_id
                    FROM log.claims AS held
                    WHERE c.kind = 't' AND held.tenant_id = tenants[c.append]
                        AND held.scope = c.scope AND held.key = c.key
                    LIMIT 1
                ) AS held ON held.stream_id <> streams[c.append]
                WHERE held.stream_id::text = ANY (string_to_array(c.releasers, ',')) IS NOT TRUE
                UNION ALL
                SELECT n.append, 3, 'n', n.series
                FROM unnest(claim_appends, claim_kinds, claim_scopes, claim_numbers)
                    AS n (append, kind, series, number)
                LEFT JOIN LATERAL (
                    SELECT s.last_number
                    FROM log.series AS s
                    WHERE n.kind = 'n'
                        AND s.tenant_id = tenants[n.append] AND s.series = n.series
                    LIMIT 1
                ) AS last ON true
                WHERE n.kind = 'n' AND n.number <> coalesce(last.last_number, 0) + 1
                UNION ALL
                SELECT k.append, 4, 'k', k.subject_id::text
                FROM unnest(key_appends, key_subjects, tenant_keys)
                    AS k (append, subject_id, tenant_key)
                LEFT JOIN LATERAL (
                    SELECT 1 AS one
                    FROM log.subject_keys AS there
                    WHERE there.tenant_id = tenants[k.append] AND there.subject_id = k.subject_id
                    LIMIT 1
                ) AS there ON true
                LEFT JOIN LATERAL (
                    SELECT above.version
                    FROM log.tenant_keys AS above
                    WHERE above.tenant_id = tenants[k.append] AND above.purpose = 'subjects'
                    ORDER BY above.version DESC
                    LIMIT 1
                ) AS above ON true
                -- Or the tenant's key is no longer the newest.
                WHERE there.one = 1 OR above.version <> k.tenant_key
            ) AS f
            ORDER BY f.append, f.rank
        ) AS l;
    END IF;

    WITH judged AS MATERIALIZED (
        SELECT
            r.*,
            head.position AS head,
            greatest(head.recorded_at, locked_at) AS recorded_at,
            coalesce(actual.version, 0) AS actual,
            coalesce(earlier.version, r.expected + r.prior + r.count) AS earlier_version,
            coalesce(earlier.first_position, same.position) AS earlier_first,
            coalesce(earlier.last_position, same.position + r.count - 1) AS earlier_last,
            coalesce(earlier.recorded_at, same.recorded_at) AS earlier_recorded_at,
            lost.detail,
            CASE
                WHEN held.tenant_id IS NOT NULL THEN 'b'
                WHEN head.position IS NULL THEN 't'
                WHEN earlier.request_hash = r.request_hash
                    AND earlier.stream_id = r.stream_id THEN 'd'
                WHEN earlier.request_hash IS NOT NULL THEN 'h'
                WHEN same.position IS NOT NULL THEN 'd'
                WHEN coalesce(actual.version, 0) <> r.expected THEN 'v'
                WHEN lost.append IS NOT NULL THEN lost.verdict
                ELSE 's'
            END::"char" AS verdict
        FROM unnest(
            tenants, streams, stream_types, expected, priors, counts, groups, command_ids,
            request_hashes, occurred_at, actors, correlation_ids, causation_ids, trace_parents,
            metadata
        ) WITH ORDINALITY AS r (
            tenant_id, stream_id, stream_type, expected, prior, count, "group", command_id,
            request_hash, occurred_at, actor, correlation_id, causation_id, trace_parent,
            metadata, append
        )
        LEFT JOIN unnest(head_tenants, head_positions, head_times)
            AS head (tenant_id, position, recorded_at) ON head.tenant_id = r.tenant_id
        LEFT JOIN LATERAL (
            SELECT h.tenant_id
            FROM log.heads AS h
            WHERE skip_locked AND head.position IS NULL AND h.tenant_id = r.tenant_id
            LIMIT 1
        ) AS held ON true
        LEFT JOIN LATERAL (
            SELECT c.request_hash, c.stream_id, c.version, c.first_position, c.last_position,
                c.recorded_at
            FROM log.commands AS c
            WHERE r.request_hash IS NOT NULL
                AND c.tenant_id = r.tenant_id AND c.command_id = r.command_id
            LIMIT 1
        ) AS earlier ON true
        LEFT JOIN LATERAL (
            SELECT e.version
            FROM log.events AS e
            WHERE e.tenant_id = r.tenant_id AND e.stream_id = r.stream_id
            ORDER BY e.version DESC
            LIMIT 1
        ) AS actual ON true
        -- The call was sent again after the connection broke: the events are
        -- there already, one after the other.
        LEFT JOIN LATERAL (
            SELECT e.position, e.recorded_at
            FROM log.events AS e
            WHERE actual.version > r.expected + r.prior
                AND e.tenant_id = r.tenant_id AND e.stream_id = r.stream_id
                AND e.version = r.expected + r.prior + 1 AND e.command_id = r.command_id
            LIMIT 1
        ) AS same ON true
        LEFT JOIN unnest(lost_appends, lost_verdicts, lost_details)
            AS lost (append, verdict, detail) ON lost.append = r.append
    ),
    failed_group AS MATERIALIZED (
        SELECT DISTINCT j."group"
        FROM judged AS j
        WHERE j."group" IS NOT NULL AND j.verdict <> 's'
    ),
    stored AS MATERIALIZED (
        SELECT
            j.*,
            j.head + 1 + sum(j.count) OVER earlier_appends - j.count AS first_position,
            j.head + sum(j.count) OVER earlier_appends AS last_position
        FROM judged AS j
        WHERE j.verdict = 's'
            AND NOT EXISTS (SELECT FROM failed_group AS f WHERE f."group" = j."group")
        WINDOW earlier_appends AS (PARTITION BY j.tenant_id ORDER BY j.append)
    ),
    written_events AS (
        INSERT INTO log.events (
            tenant_id, position, stream_id, version, stream_type, type, schema_version, codec,
            event_id, occurred_at, recorded_at, actor, command_id, correlation_id, causation_id,
            trace_parent, metadata, payload
        )
        SELECT
            s.tenant_id, s.first_position + e.place - 1, s.stream_id,
            s.expected + s.prior + e.place, s.stream_type, e.type, e.schema_version, e.codec,
            e.event_id, s.occurred_at, s.recorded_at, s.actor, s.command_id, s.correlation_id,
            s.causation_id, s.trace_parent, s.metadata, e.payload
        FROM stored AS s
        JOIN unnest(
            event_appends, event_places, event_ids, event_types, schema_versions, codecs, payloads
        ) AS e (append, place, event_id, type, schema_version, codec, payload)
            ON e.append = s.append
    ),
    written_commands AS (
        INSERT INTO log.commands (
            tenant_id, command_id, request_hash, stream_id, version, first_position,
            last_position, recorded_at
        )
        SELECT
            s.tenant_id, s.command_id, s.request_hash, s.stream_id,
            s.expected + s.prior + s.count, s.first_position, s.last_position, s.recorded_at
        FROM stored AS s
        WHERE s.request_hash IS NOT NULL
    ),
    -- The rows are there and locked; this finds each by the index, where an
    -- UPDATE would have to join.
    moved_heads AS (
        INSERT INTO log.heads (tenant_id, position, recorded_at)
        SELECT s.tenant_id, max(s.last_position), max(s.recorded_at)
        FROM stored AS s
        WHERE s.count > 0
        GROUP BY s.tenant_id
        ON CONFLICT ON CONSTRAINT heads_pkey
        DO UPDATE SET position = excluded.position, recorded_at = excluded.recorded_at
    ),
    told AS (
        SELECT
            j.append,
            CASE WHEN j.verdict = 's' AND s.append IS NULL THEN 'g' ELSE j.verdict END AS verdict,
            CASE
                WHEN s.append IS NOT NULL THEN j.expected + j.prior + j.count
                WHEN j.verdict = 'd' THEN j.earlier_version
                ELSE j.actual
            END AS version,
            CASE j.verdict WHEN 'd' THEN j.earlier_first ELSE s.first_position END AS first,
            CASE j.verdict WHEN 'd' THEN j.earlier_last ELSE s.last_position END AS last,
            CASE j.verdict WHEN 'd' THEN j.earlier_recorded_at ELSE j.recorded_at END AS time,
            j.detail
        FROM judged AS j
        LEFT JOIN stored AS s ON s.append = j.append
    )
    SELECT
        array_agg(t.verdict ORDER BY t.append),
        array_agg(t.version ORDER BY t.append),
        array_agg(t.first::bigint ORDER BY t.append),
        array_agg(t.last::bigint ORDER BY t.append),
        array_agg(t.time ORDER BY t.append),
        array_agg(t.detail ORDER BY t.append)
    INTO verdicts, versions, first_positions, last_positions, recorded_at, details
    FROM told AS t;

    IF cardinality(claim_appends) > 0 THEN
        WITH claim AS MATERIALIZED (
            SELECT tenants[c.append] AS tenant_id, streams[c.append] AS stream_id, c.*
            FROM unnest(
                claim_appends, claim_kinds, claim_scopes, claim_keys, claim_numbers, claim_counts,
                claim_holders
            ) AS c (append, kind, scope, key, number, count, holder)
            WHERE verdicts[c.append] = 's'
        ),
        taken AS (
            INSERT INTO log.claims AS held (tenant_id, scope, key, stream_id)
            SELECT c.tenant_id, c.scope, c.key, c.holder
            FROM claim AS c
            WHERE c.kind = 't' AND c.holder IS NOT NULL
            ON CONFLICT ON CONSTRAINT claims_pkey DO UPDATE SET stream_id = excluded.stream_id
            WHERE held.stream_id <> excluded.stream_id
        ),
        released AS (
            DELETE FROM log.claims AS claim
            WHERE claim.ctid = ANY (ARRAY(
                SELECT held.place
                FROM claim AS c
                JOIN LATERAL (
                    SELECT h.ctid AS place
                    FROM log.claims AS h
                    WHERE (c.kind = 't' AND c.holder IS NULL
                            OR c.kind = 'r' AND h.stream_id = c.stream_id)
                        AND h.tenant_id = c.tenant_id AND h.scope = c.scope AND h.key = c.key
                    LIMIT 1
                ) AS held ON true
            ))
        )
        INSERT INTO log.series (tenant_id, series, last_number)
        SELECT c.tenant_id, c.scope, c.number + c.count - 1
        FROM claim AS c
        WHERE c.kind = 'n'
        ON CONFLICT ON CONSTRAINT series_pkey DO UPDATE SET last_number = excluded.last_number;
    END IF;

    IF cardinality(key_appends) > 0 THEN
        INSERT INTO log.subject_keys (tenant_id, subject_id, wrapped, tenant_key)
        SELECT tenants[k.append], k.subject_id, k.wrapped, k.tenant_key
        FROM unnest(key_appends, key_subjects, wrapped_keys, tenant_keys)
            AS k (append, subject_id, wrapped, tenant_key)
        WHERE verdicts[k.append] = 's';
    END IF;

    IF cardinality(subject_appends) > 0 THEN
        INSERT INTO log.personal_data (tenant_id, subject_id, position)
        SELECT tenants[p.append], p.subject_id, first_positions[p.append] + p.place - 1
        FROM unnest(subject_appends, subject_places, subjects) AS p (append, place, subject_id)
        WHERE verdicts[p.append] = 's';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION log.append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.append TO tenantry_command, tenantry_worker;

-- Keeps a tenant's first key for a purpose. Whoever comes second finds the
-- first one's.
CREATE FUNCTION log.add_tenant_key(tenant uuid, purpose text, master text, wrapped bytea)
RETURNS void
LANGUAGE sql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO log.tenant_keys (tenant_id, purpose, version, master, wrapped)
    SELECT h.tenant_id, add_tenant_key.purpose, 1, add_tenant_key.master, add_tenant_key.wrapped
    FROM log.heads AS h
    WHERE h.tenant_id = add_tenant_key.tenant
    ON CONFLICT DO NOTHING;
END;
REVOKE ALL ON FUNCTION log.add_tenant_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.add_tenant_key TO tenantry_command, tenantry_worker;
RESET ROLE;
REVOKE CREATE ON SCHEMA log FROM tenantry_log;

SET ROLE tenantry_owner;

-- ── Snapshots ───────────────────────────────────────────────────────────────
-- States of aggregates that were put away, to spare whoever loads a long stream
-- the folding of its beginning. Nothing depends on them: any may be deleted at
-- any moment. Written by command paths after a command, read by them when a
-- stream turns out to be long.
CREATE TABLE log.snapshots (
    tenant_id    uuid NOT NULL,
    stream_id    uuid NOT NULL,
    stream_type  text NOT NULL,
    -- The version of the stream that the state includes.
    version      bigint NOT NULL CHECK (version >= 1),
    -- The event of that version: after a restore to an earlier moment there is
    -- none of this id there, and the snapshot is ignored.
    event_id     uuid NOT NULL,
    -- SHA-256 of what the state depends on besides the events. A program with
    -- another shape or another fold ignores it.
    fingerprint  bytea NOT NULL,
    -- MessagePack with field names.
    state        bytea NOT NULL,
    taken_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT snapshots_pkey PRIMARY KEY (tenant_id, stream_id)
);
ALTER TABLE log.snapshots ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.snapshots FORCE ROW LEVEL SECURITY;
CREATE POLICY deciding ON log.snapshots TO tenantry_command, tenantry_worker
    USING (tenant_id = log.current_tenant()) WITH CHECK (tenant_id = log.current_tenant());
-- What personal data a snapshot holds, an erasure takes away with it.
CREATE POLICY erasing ON log.snapshots TO tenantry_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON log.snapshots TO tenantry_command, tenantry_worker;
-- ── Integrity ───────────────────────────────────────────────────────────────
-- A Merkle tree over each tenant's events, in the order of positions, and its
-- signed roots. Written by log.seal alone, some moments after the events;
-- docs/integrity.md tells what is hashed and how.

-- The tree's hashes, 256 to a tile. Tile n of level l has the roots of the
-- complete subtrees of 256^l events from the (256 n)th such on. A tile grows at
-- its end until it is full, and never changes otherwise.
CREATE TABLE log.tree_tiles (
    tenant_id  uuid NOT NULL,
    level      smallint NOT NULL CHECK (level BETWEEN 0 AND 6),
    index      bigint NOT NULL CHECK (index >= 0),
    -- 32 bytes each.
    hashes     bytea NOT NULL
        CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0),
    CONSTRAINT tree_tiles_pkey PRIMARY KEY (tenant_id, level, index)
);
-- Hashes cannot be compressed.
ALTER TABLE log.tree_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;
ALTER TABLE log.tree_tiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.tree_tiles FORCE ROW LEVEL SECURITY;
CREATE POLICY sealing ON log.tree_tiles TO tenantry_log USING (true) WITH CHECK (true);
-- The owner reads across tenants to audit; it cannot write.
CREATE POLICY auditing ON log.tree_tiles FOR SELECT TO tenantry_owner USING (true);
CREATE POLICY own_tenant ON log.tree_tiles FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT, UPDATE ON log.tree_tiles TO tenantry_log;
GRANT SELECT ON log.tree_tiles TO tenantry_query, tenantry_worker, tenantry_cold;

-- Each root that was signed.
CREATE TABLE log.tree_checkpoints (
    tenant_id  uuid NOT NULL,
    -- How many events there were.
    size       bigint NOT NULL CHECK (size >= 1),
    root       bytea NOT NULL CHECK (octet_length(root) = 32),
    -- The signed note: origin, size, root and signature.
    note       text NOT NULL,
    signed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT tree_checkpoints_pkey PRIMARY KEY (tenant_id, size)
);
ALTER TABLE log.tree_checkpoints ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.tree_checkpoints FORCE ROW LEVEL SECURITY;
CREATE POLICY sealing ON log.tree_checkpoints TO tenantry_log USING (true) WITH CHECK (true);
CREATE POLICY auditing ON log.tree_checkpoints FOR SELECT TO tenantry_owner USING (true);
-- Sealers find out by it which tenants have something to seal.
CREATE POLICY consuming ON log.tree_checkpoints FOR SELECT TO tenantry_worker USING (true);
CREATE POLICY own_tenant ON log.tree_checkpoints
    FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT ON log.tree_checkpoints TO tenantry_log;
GRANT SELECT ON log.tree_checkpoints TO tenantry_query, tenantry_worker, tenantry_cold;

RESET ROLE;

-- Adds what a sealer has hashed: the tiles that have grown, whole, and the
-- checkpoint. False, and without effect, when another sealer was faster.
--
-- Whoever seals can add to a tree and nothing else: what a tile has stays in
-- it, and checkpoints follow each other.
GRANT CREATE ON SCHEMA log TO tenantry_log;
SET ROLE tenantry_log;
CREATE FUNCTION log.seal(
    tenant       uuid,
    -- How many events were sealed when the sealer looked.
    size_before  bigint,
    new_size     bigint,
    new_root     bytea,
    new_note     text,
    -- One element per tile.
    levels       smallint[],
    indexes      bigint[],
    contents     bytea[]
) RETURNS boolean
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    sealed bigint;
    head bigint;
    written bigint;
BEGIN
    -- Sealers of one tenant wait for each other; what follows sees what those
    -- before have done.
    PERFORM pg_advisory_xact_lock(hashtextextended('tenantry.seal:' || tenant::text, 0));
    SELECT c.size INTO sealed
    FROM log.tree_checkpoints AS c
    WHERE c.tenant_id = tenant
    ORDER BY c.size DESC
    LIMIT 1;
    IF coalesce(sealed, 0) <> size_before THEN
        RETURN false;
    END IF;

    SELECT h.position INTO head FROM log.heads AS h WHERE h.tenant_id = tenant;
    IF new_size <= size_before OR new_size > coalesce(head, 0) THEN
        RAISE EXCEPTION 'a log of % events cannot be sealed from % to %',
            coalesce(head, 0), size_before, new_size
            USING ERRCODE = 'check_violation';
    END IF;

    INSERT INTO log.tree_tiles AS tile (tenant_id, level, index, hashes)
    SELECT tenant, t.level, t.index, t.hashes
    FROM unnest(levels, indexes, contents) AS t (level, index, hashes)
    ON CONFLICT ON CONSTRAINT tree_tiles_pkey
    DO UPDATE SET hashes = excluded.hashes
    WHERE octet_length(tile.hashes) < octet_length(excluded.hashes)
        AND substring(excluded.hashes FROM 1 FOR octet_length(tile.hashes)) = tile.hashes;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(levels) THEN
        RAISE EXCEPTION 'a tile of the tree does not continue the one that is there'
            USING ERRCODE = 'check_violation';
    END IF;

    INSERT INTO log.tree_checkpoints (tenant_id, size, root, note)
    VALUES (tenant, new_size, new_root, new_note);
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION log.seal FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.seal TO tenantry_worker;
RESET ROLE;
REVOKE CREATE ON SCHEMA log FROM tenantry_log;

SET ROLE tenantry_owner;

-- ── Archive ─────────────────────────────────────────────────────────────────
-- Imports of archives: those under way, and where a tenant's log came from.
-- While one is under way its tenant has no row in log.heads, so that nobody
-- appends to it and no consumer finds it.
CREATE TABLE log.imports (
    tenant_id       uuid NOT NULL,
    -- The tenant that the archive was made from.
    source_tenant   uuid NOT NULL,
    name            text NOT NULL,
    -- The last position to be written.
    until_position  bigint NOT NULL CHECK (until_position >= 0),
    -- The last position that is.
    position        bigint NOT NULL DEFAULT 0 CHECK (position BETWEEN 0 AND until_position),
    -- Whether the tenant had an empty log before.
    had_log         boolean NOT NULL,
    started_at      timestamptz NOT NULL DEFAULT now(),
    moved_at        timestamptz NOT NULL DEFAULT now(),
    finished_at     timestamptz,
    CONSTRAINT imports_pkey PRIMARY KEY (tenant_id)
);
ALTER TABLE log.imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.imports FORCE ROW LEVEL SECURITY;
CREATE POLICY importing ON log.imports TO tenantry_owner USING (true) WITH CHECK (true);
CREATE POLICY abandoning ON log.imports FOR SELECT TO tenantry_log USING (true);
GRANT SELECT ON log.imports TO tenantry_log;
-- For log.abandon_import and log.cool alone; no service can act as tenantry_log.
GRANT DELETE ON log.events TO tenantry_log;

RESET ROLE;

GRANT CREATE ON SCHEMA log TO tenantry_log;
SET ROLE tenantry_log;
-- Removes the events of an import that has not ended, and tells how many there
-- were. Events of a log are never removed: it has a head, an import has none.
CREATE FUNCTION log.abandon_import(tenant uuid) RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    removed bigint;
BEGIN
    IF NOT EXISTS (
        SELECT FROM log.imports AS import
        WHERE import.tenant_id = tenant AND import.finished_at IS NULL
    ) OR EXISTS (
        SELECT FROM log.heads AS head
        WHERE head.tenant_id = tenant
    ) THEN
        RAISE EXCEPTION 'no import into tenant % is under way', tenant
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    DELETE FROM log.events AS event WHERE event.tenant_id = tenant;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$$;
REVOKE ALL ON FUNCTION log.abandon_import FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.abandon_import TO tenantry_owner;
RESET ROLE;
REVOKE CREATE ON SCHEMA log FROM tenantry_log;

SET ROLE tenantry_owner;

-- ── Consumers ───────────────────────────────────────────────────────────────
-- How far each consumer has come in each tenant's log. A consumer moves its
-- row from the position it started at, in the transaction that writes what it
-- made of the events: whoever lost the race writes nothing.
CREATE TABLE log.checkpoints (
    -- The read table's name, or reaction:{name}.
    consumer    text NOT NULL,
    tenant_id   uuid NOT NULL,
    position    bigint NOT NULL CHECK (position >= 0),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    -- How many of the tenant's erasures it has taken in.
    erasures    bigint NOT NULL DEFAULT 0,
    CONSTRAINT checkpoints_pkey PRIMARY KEY (consumer, tenant_id)
) WITH (fillfactor = 50);
ALTER TABLE log.checkpoints ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.checkpoints FORCE ROW LEVEL SECURITY;
CREATE POLICY consuming ON log.checkpoints
    TO tenantry_owner, tenantry_projector, tenantry_worker USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.checkpoints FOR SELECT USING (tenant_id = log.current_tenant());
CREATE POLICY cooling ON log.checkpoints FOR SELECT TO tenantry_log USING (true);
GRANT SELECT, INSERT, UPDATE ON log.checkpoints TO tenantry_projector, tenantry_worker;
GRANT SELECT ON log.checkpoints TO
    tenantry_log, tenantry_command, tenantry_query, tenantry_cold;

-- Events that a consumer could not take. It stands still for that tenant until
-- a later program can.
CREATE TABLE log.consumer_failures (
    consumer    text NOT NULL,
    tenant_id   uuid NOT NULL,
    position    bigint NOT NULL,
    attempts    integer NOT NULL,
    error       text NOT NULL,
    failed_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT consumer_failures_pkey PRIMARY KEY (consumer, tenant_id)
);
ALTER TABLE log.consumer_failures ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.consumer_failures FORCE ROW LEVEL SECURITY;
CREATE POLICY consuming ON log.consumer_failures
    TO tenantry_owner, tenantry_projector, tenantry_worker USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.consumer_failures FOR SELECT
    USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON log.consumer_failures
    TO tenantry_projector, tenantry_worker;
-- What the error says is for operators.
GRANT SELECT (consumer, tenant_id, position) ON log.consumer_failures TO tenantry_query;

-- Streams that a read model cannot take: the first event that it cannot fold,
-- and all later ones of that stream are held back; everything else goes on.
-- Written by projectors with the rows, and by people who ask for another attempt.
CREATE TABLE log.quarantined_streams (
    -- As in log.checkpoints; for a table that is being built, with an appendix.
    consumer        text NOT NULL,
    tenant_id       uuid NOT NULL,
    stream_id       uuid NOT NULL,
    stream_type     text NOT NULL,
    -- The event that cannot be folded.
    position        bigint NOT NULL CHECK (position >= 1),
    version         bigint NOT NULL,
    error           text NOT NULL,
    attempts        integer NOT NULL DEFAULT 1,
    quarantined_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    tried_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Whether somebody asked for another attempt.
    asked           boolean NOT NULL DEFAULT false,
    CONSTRAINT quarantined_streams_pkey PRIMARY KEY (consumer, tenant_id, stream_id)
);
ALTER TABLE log.quarantined_streams ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.quarantined_streams FORCE ROW LEVEL SECURITY;
CREATE POLICY consuming ON log.quarantined_streams
    TO tenantry_owner, tenantry_projector USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.quarantined_streams FOR SELECT
    USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON log.quarantined_streams TO tenantry_projector;
GRANT SELECT ON log.quarantined_streams TO tenantry_query;

-- Events that somebody decided to leave out of a read model, in all its
-- versions and for ever. Rows are added by that decision and never changed.
CREATE TABLE log.discarded_events (
    tenant_id     uuid NOT NULL,
    read_model    text NOT NULL,
    position      bigint NOT NULL,
    stream_type   text NOT NULL,
    stream_id     uuid NOT NULL,
    version       bigint NOT NULL,
    -- Why it could not be folded.
    error         text NOT NULL,
    -- Why it was discarded, and who decided so.
    reason        text NOT NULL CHECK (reason <> ''),
    actor         text NOT NULL CHECK (actor <> ''),
    discarded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT discarded_events_pkey PRIMARY KEY (tenant_id, read_model, position)
);
ALTER TABLE log.discarded_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.discarded_events FORCE ROW LEVEL SECURITY;
-- Not even the owner changes or removes one.
CREATE POLICY deciding ON log.discarded_events FOR INSERT TO tenantry_owner WITH CHECK (true);
CREATE POLICY consuming ON log.discarded_events FOR SELECT
    TO tenantry_owner, tenantry_projector USING (true);
CREATE POLICY own_tenant ON log.discarded_events FOR SELECT
    USING (tenant_id = log.current_tenant());
GRANT SELECT ON log.discarded_events TO tenantry_projector, tenantry_query;

-- Who works on which tenants. Tenants fall into 64 shards; within a group of
-- processes that share the same work, each shard is leased to one process for
-- a few seconds at a time. Both ends of a lease are this server's time: before
-- the one and after the other nobody has the shard, wherever the clock is set.
CREATE FUNCTION log.shard(tenant uuid) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (get_byte(uuid_send(tenant), 15) & 63)::smallint;

-- The first process of a group writes its rows.
CREATE TABLE log.leases (
    -- The group: workers, or the projectors that keep the same read tables:
    -- projectors-{fingerprint of their names}.
    consumers   text NOT NULL,
    shard       smallint NOT NULL CHECK (shard BETWEEN 0 AND 63),
    -- Who has it; nobody where it was given back.
    process     uuid,
    -- Grows whenever the shard is leased anew. Compared in the transaction that
    -- writes, so that a process that lost the shard writes nothing.
    fence       bigint NOT NULL DEFAULT 0,
    renewed_at  timestamptz NOT NULL DEFAULT '-infinity',
    until       timestamptz NOT NULL DEFAULT '-infinity',
    CONSTRAINT leases_pkey PRIMARY KEY (consumers, shard)
) WITH (fillfactor = 50);
ALTER TABLE log.leases ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.leases FORCE ROW LEVEL SECURITY;
CREATE POLICY watching ON log.leases FOR SELECT TO tenantry_owner USING (true);
CREATE POLICY projecting ON log.leases
    TO tenantry_projector USING (consumers LIKE 'projectors%');
CREATE POLICY reacting ON log.leases TO tenantry_worker USING (consumers = 'workers');
GRANT SELECT, INSERT, UPDATE ON log.leases TO tenantry_projector, tenantry_worker;

-- The shards that a process still has, of those it believes to have. Nobody can
-- take them before the transaction has ended; prolonging them goes on meanwhile.
CREATE FUNCTION log.fenced(of_group text, of_process uuid, shards smallint[], fences bigint[])
RETURNS SETOF smallint
LANGUAGE sql VOLATILE
SET search_path = log, pg_temp
AS $$
    SELECT l.shard
    FROM unnest(shards, fences) AS believed (shard, fence)
    JOIN log.leases AS l
        ON l.consumers = of_group
            AND l.shard = believed.shard
            AND l.process = of_process
            AND l.fence = believed.fence
    WHERE clock_timestamp() BETWEEN l.renewed_at AND l.until
    ORDER BY l.shard
    FOR KEY SHARE OF l
$$;
REVOKE EXECUTE ON FUNCTION log.fenced FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.fenced TO tenantry_projector, tenantry_worker;

-- The processes of each group, as far as they have been heard of lately: among
-- how many the shards are divided.
CREATE TABLE log.lease_holders (
    consumers   text NOT NULL,
    process     uuid NOT NULL,
    renewed_at  timestamptz NOT NULL,
    until       timestamptz NOT NULL,
    CONSTRAINT lease_holders_pkey PRIMARY KEY (consumers, process)
) WITH (fillfactor = 50);
ALTER TABLE log.lease_holders ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.lease_holders FORCE ROW LEVEL SECURITY;
CREATE POLICY watching ON log.lease_holders FOR SELECT TO tenantry_owner USING (true);
CREATE POLICY projecting ON log.lease_holders
    TO tenantry_projector USING (consumers LIKE 'projectors%');
CREATE POLICY reacting ON log.lease_holders TO tenantry_worker USING (consumers = 'workers');
GRANT SELECT, INSERT, UPDATE, DELETE ON log.lease_holders TO tenantry_projector, tenantry_worker;

-- Which read tables there are, one row for each version of each read model that
-- was ever declared to this database and not dropped since. Readers of a version
-- read the relation of its name, whatever its state: their own table, or a view
-- of another version's that stands in for it.
-- Written by migrations, builds and whoever goes back and forth between
-- versions; read by everybody who asks whose checkpoints speak for what they see.
CREATE TABLE log.read_tables (
    -- {read_model}_v{version}: the relation in the schema read, and the consumer.
    consumer    text NOT NULL,
    read_model  text NOT NULL,
    version     integer NOT NULL,
    -- unbuilt: there is no table yet. live: readers see the table. aside: the
    -- table is complete and kept up to date, but readers see another.
    state       text NOT NULL CHECK (state IN ('unbuilt', 'live', 'aside')),
    -- The consumer whose rows readers see: itself when it is live, and nobody
    -- when no other version can stand in for it.
    shows       text,
    -- Its columns, by which another version's table is made to look like it.
    columns     jsonb NOT NULL,
    built_at    timestamptz,
    CONSTRAINT read_tables_pkey PRIMARY KEY (consumer),
    CONSTRAINT read_tables_once UNIQUE (read_model, version)
);
GRANT SELECT ON log.read_tables TO
    tenantry_command, tenantry_query, tenantry_projector, tenantry_worker;

-- Stands where a version of a read model has a column that the one that stands in
-- for it does not have: what nobody knows yet is not empty.
CREATE FUNCTION log.not_built(what text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    RAISE EXCEPTION '% is not built yet', what
        USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;
REVOKE ALL ON FUNCTION log.not_built FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.not_built TO tenantry_query;

-- Read tables that are being filled from the first event on. Written by builds,
-- which find in it where an earlier one was interrupted; removed when the table
-- is in place.
CREATE TABLE log.builds (
    consumer    text NOT NULL,
    phase       text NOT NULL,
    -- Whether it waits for somebody to let it go on.
    paused      boolean NOT NULL DEFAULT false,
    -- Events that were gone through, of those that there were; rows so far.
    done        bigint NOT NULL DEFAULT 0,
    total       bigint NOT NULL DEFAULT 0,
    rows        bigint NOT NULL DEFAULT 0,
    started_at  timestamptz NOT NULL DEFAULT now(),
    -- When it was last begun or taken up again, how far it was then, and when it
    -- was last heard of.
    resumed_at  timestamptz NOT NULL DEFAULT now(),
    resumed_done bigint NOT NULL DEFAULT 0,
    seen_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT builds_pkey PRIMARY KEY (consumer)
);
GRANT SELECT ON log.builds TO tenantry_projector;
-- How much there is in all logs is not for tenants.
GRANT SELECT (consumer, phase, paused) ON log.builds TO tenantry_query;

-- The tenants whose rows are in a table that is being built. Each is written in
-- the transaction that writes the rows.
CREATE TABLE log.built_tenants (
    consumer    text NOT NULL REFERENCES log.builds ON DELETE CASCADE,
    tenant_id   uuid NOT NULL,
    -- How far its log was folded, and how many erasures are taken in.
    position    bigint NOT NULL,
    erasures    bigint NOT NULL,
    rows        bigint NOT NULL,
    built_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT built_tenants_pkey PRIMARY KEY (consumer, tenant_id)
);
ALTER TABLE log.built_tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.built_tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY building ON log.built_tenants TO tenantry_owner USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.built_tenants FOR SELECT
    USING (tenant_id = log.current_tenant());
GRANT SELECT ON log.built_tenants TO tenantry_query;

-- Commands to be given at a later time. Written with the checkpoint of the
-- reaction that asked for them, removed once given.
CREATE TABLE log.timers (
    tenant_id       uuid NOT NULL,
    stream_id       uuid NOT NULL,
    name            text NOT NULL,
    due_at          timestamptz NOT NULL,
    -- The command, as the worker dispatches it. The first byte says how it is
    -- kept: 0 plain JSON; 1 sealed with the keys of the people whose data was in
    -- the event that set it; 2 nothing, because one of them had been erased.
    dispatch        bytea NOT NULL,
    -- From which the command's id derives: a timer that is set anew is another.
    set_by_event    uuid NOT NULL,
    correlation_id  uuid NOT NULL,
    attempts        integer NOT NULL DEFAULT 0,
    CONSTRAINT timers_pkey PRIMARY KEY (tenant_id, stream_id, name)
);
-- Serves: finding what is due, across tenants.
CREATE INDEX timers_by_due ON log.timers (due_at);
ALTER TABLE log.timers ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.timers FORCE ROW LEVEL SECURITY;
CREATE POLICY reacting ON log.timers
    TO tenantry_owner, tenantry_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON log.timers TO tenantry_worker;

-- Commands of reactions and timers that were refused, kept for people to look at.
CREATE TABLE log.refused_intents (
    tenant_id       uuid NOT NULL,
    command_id      uuid NOT NULL,
    -- reaction:{name} or timer:{name}.
    origin          text NOT NULL,
    causation_id    uuid NOT NULL,
    correlation_id  uuid NOT NULL,
    -- As in log.timers.
    dispatch        bytea NOT NULL,
    -- ERASED where nobody can read the command of a timer any more.
    code            text NOT NULL,
    message         text NOT NULL,
    refused_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT refused_intents_pkey PRIMARY KEY (tenant_id, command_id)
);
ALTER TABLE log.refused_intents ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.refused_intents FORCE ROW LEVEL SECURITY;
CREATE POLICY reacting ON log.refused_intents
    TO tenantry_owner, tenantry_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON log.refused_intents TO tenantry_worker;

RESET ROLE;

-- ── Cold storage ────────────────────────────────────────────────────────────
-- Old events that were moved into objects outside the database, a segment of
-- consecutive positions each: from 1 on, without gaps. Written by log.cool and
-- log.warm alone; read by whoever misses events in log.events. Of every stream
-- the last event stays there as well, wherever it lies.
SET ROLE tenantry_owner;
CREATE TABLE log.segments (
    tenant_id          uuid NOT NULL,
    first_position     bigint NOT NULL CHECK (first_position >= 1),
    last_position      bigint NOT NULL,
    first_recorded_at  timestamptz NOT NULL,
    last_recorded_at   timestamptz NOT NULL,
    -- The object's name in the place that the processes are told of.
    object             text NOT NULL,
    -- How long the object is, and how long once it is unpacked.
    bytes              bigint NOT NULL CHECK (bytes >= 1),
    text_bytes         bigint NOT NULL CHECK (text_bytes >= 1),
    -- Of the object.
    sha256             bytea NOT NULL CHECK (octet_length(sha256) = 32),
    -- The streams in it: for each the last four bytes of its id and four with its
    -- first version there, in order.
    streams            bytea NOT NULL CHECK (octet_length(streams) % 8 = 0),
    cooled_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT segments_pkey PRIMARY KEY (tenant_id, last_position),
    CONSTRAINT segments_in_order CHECK (last_position >= first_position)
);
ALTER TABLE log.segments ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.segments FORCE ROW LEVEL SECURITY;
CREATE POLICY auditing ON log.segments FOR SELECT TO tenantry_owner USING (true);
CREATE POLICY moving ON log.segments TO tenantry_log USING (true) WITH CHECK (true);
CREATE POLICY looking ON log.segments FOR SELECT TO tenantry_cold USING (true);
CREATE POLICY own_tenant ON log.segments FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT, DELETE ON log.segments TO tenantry_log;
GRANT SELECT ON log.segments TO
    tenantry_command, tenantry_query, tenantry_projector, tenantry_worker, tenantry_cold;

-- When the event after a position was recorded, or no later than which, where it
-- is cold; null when there is none. By it readers tell how old what they show is.
CREATE FUNCTION log.recorded_after(tenant uuid, place bigint) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(
    (SELECT recorded_at FROM log.events WHERE tenant_id = tenant AND position = place + 1),
    (
        SELECT last_recorded_at
        FROM log.segments
        WHERE tenant_id = tenant AND last_position > place
        ORDER BY last_position
        LIMIT 1
    )
);
RESET ROLE;

GRANT CREATE ON SCHEMA log TO tenantry_log;
SET ROLE tenantry_log;
-- How many events between two positions are in the table as the tenant's tree
-- has them. docs/integrity.md tells what is hashed.
CREATE FUNCTION log.sealed_events(tenant uuid, first bigint, last bigint) RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
BEGIN ATOMIC
    SELECT count(*)
    FROM (
        SELECT
            event.position,
            sha256('\x0001'::bytea || string_agg(
                coalesce(int4send(octet_length(field.value)) || field.value, '\xffffffff'),
                ''::bytea ORDER BY field.place
            )) AS hash
        FROM log.events AS event
        CROSS JOIN LATERAL unnest(ARRAY[
            int8send(position), uuid_send(stream_id), int8send(version), textsend(stream_type),
            textsend(type), int2send(schema_version), int2send(codec), uuid_send(event_id),
            timestamptz_send(occurred_at), timestamptz_send(recorded_at), textsend(actor),
            uuid_send(command_id), uuid_send(correlation_id), uuid_send(causation_id),
            textsend(trace_parent), byteasend(metadata), byteasend(payload)
        ]) WITH ORDINALITY AS field (value, place)
        WHERE event.tenant_id = sealed_events.tenant
            AND event.position BETWEEN sealed_events.first AND sealed_events.last
        GROUP BY event.position
    ) AS leaf
    JOIN log.tree_tiles AS tile
        ON tile.tenant_id = sealed_events.tenant AND tile.level = 0
        AND tile.index = (leaf.position - 1) / 256
    WHERE leaf.hash = substring(tile.hashes FROM ((leaf.position - 1) % 256 * 32 + 1)::int FOR 32);
END;
REVOKE ALL ON FUNCTION log.sealed_events FROM PUBLIC;

-- Registers a segment that was written into an object, and removes its events
-- from the table but those that are the last of their streams. False, and
-- without effect, when somebody else was faster.
--
-- Nothing is removed that is not, byte for byte, what the tenant's signed tree
-- has: whoever reads the object can be held to the same. Nothing is removed that
-- a consumer has still to see.
CREATE FUNCTION log.cool(
    tenant      uuid,
    first       bigint,
    last        bigint,
    object      text,
    bytes       bigint,
    text_bytes  bigint,
    sha256      bytea,
    streams     bytea
) RETURNS boolean
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Plans must not depend on table statistics: see log.append.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    cold     bigint;
    sealed   bigint;
    slowest  record;
    begun    timestamptz;
    ended    timestamptz;
BEGIN
    -- Those who move a tenant's events wait for each other; what follows sees
    -- what those before have done.
    PERFORM pg_advisory_xact_lock(hashtextextended('tenantry.cool:' || tenant::text, 0));
    SELECT max(s.last_position) INTO cold FROM log.segments AS s WHERE s.tenant_id = tenant;
    IF coalesce(cold, 0) + 1 <> first THEN
        RETURN false;
    END IF;
    SELECT max(c.size) INTO sealed FROM log.tree_checkpoints AS c WHERE c.tenant_id = tenant;
    IF last < first OR last > coalesce(sealed, 0) THEN
        RAISE EXCEPTION 'positions % to % cannot be moved: the log is sealed up to %',
            first, last, coalesce(sealed, 0)
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT c.consumer, c.position INTO slowest
    FROM log.checkpoints AS c
    WHERE c.tenant_id = tenant AND c.position < last
    ORDER BY c.position
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'positions % to % cannot be moved: % stands at %',
            first, last, slowest.consumer, slowest.position
            USING ERRCODE = 'check_violation';
    END IF;
    IF log.sealed_events(tenant, first, last) <> last + 1 - first THEN
        RAISE EXCEPTION 'positions % to % are not what was sealed', first, last
            USING ERRCODE = 'data_corrupted';
    END IF;

    SELECT min(e.recorded_at), max(e.recorded_at) INTO begun, ended
    FROM log.events AS e
    WHERE e.tenant_id = tenant AND e.position BETWEEN first AND last;
    INSERT INTO log.segments (
        tenant_id, first_position, last_position, first_recorded_at, last_recorded_at, object,
        bytes, text_bytes, sha256, streams
    )
    VALUES (tenant, first, last, begun, ended, object, bytes, text_bytes, sha256, streams);

    -- Also those that were the last of their streams when they were moved, and
    -- are so no longer.
    DELETE FROM log.events AS event
    USING (
        SELECT DISTINCT e.stream_id
        FROM log.events AS e
        WHERE e.tenant_id = tenant AND e.position BETWEEN first AND last
    ) AS stream
    CROSS JOIN LATERAL (
        SELECT e.version
        FROM log.events AS e
        WHERE e.tenant_id = tenant AND e.stream_id = stream.stream_id
        ORDER BY e.version DESC
        LIMIT 1
    ) AS newest
    WHERE event.tenant_id = tenant AND event.stream_id = stream.stream_id
        AND event.version < newest.version AND event.position <= last;
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION log.cool FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.cool TO tenantry_cold;

-- Brings the events of a tenant's last segment back into the table, every column
-- as it was, and forgets the segment. False, and without effect, when it is not
-- the last any more.
CREATE FUNCTION log.warm(
    tenant           uuid,
    last             bigint,
    -- One element per event, from the segment's first position on.
    stream_ids       uuid[],
    versions         bigint[],
    stream_types     text[],
    types            text[],
    schema_versions  smallint[],
    codecs           smallint[],
    event_ids        uuid[],
    occurred_at      timestamptz[],
    recorded_at      timestamptz[],
    actors           text[],
    command_ids      uuid[],
    correlation_ids  uuid[],
    causation_ids    uuid[],
    trace_parents    text[],
    metadata         bytea[],
    payloads         bytea[]
) RETURNS boolean
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    segment record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('tenantry.cool:' || tenant::text, 0));
    SELECT s.first_position, s.last_position INTO segment
    FROM log.segments AS s
    WHERE s.tenant_id = tenant
    ORDER BY s.last_position DESC
    LIMIT 1;
    IF NOT FOUND OR segment.last_position <> last THEN
        RETURN false;
    END IF;
    INSERT INTO log.events (
        tenant_id, position, stream_id, version, stream_type, type, schema_version, codec,
        event_id, occurred_at, recorded_at, actor, command_id, correlation_id, causation_id,
        trace_parent, metadata, payload
    )
    SELECT
        tenant, segment.first_position + e.place - 1, e.stream_id, e.version, e.stream_type,
        e.type, e.schema_version, e.codec, e.event_id, e.occurred_at, e.recorded_at, e.actor,
        e.command_id, e.correlation_id, e.causation_id, e.trace_parent, e.metadata, e.payload
    FROM unnest(
        stream_ids, versions, stream_types, types, schema_versions, codecs, event_ids,
        occurred_at, recorded_at, actors, command_ids, correlation_ids, causation_ids,
        trace_parents, metadata, payloads
    ) WITH ORDINALITY AS e (
        stream_id, version, stream_type, type, schema_version, codec, event_id, occurred_at,
        recorded_at, actor, command_id, correlation_id, causation_id, trace_parent, metadata,
        payload, place
    )
    -- The last of their streams are there.
    ON CONFLICT ON CONSTRAINT events_pkey DO NOTHING;
    IF cardinality(stream_ids) <> last + 1 - segment.first_position
        OR log.sealed_events(tenant, segment.first_position, last)
            <> last + 1 - segment.first_position
    THEN
        RAISE EXCEPTION 'positions % to % are not what was sealed', segment.first_position, last
            USING ERRCODE = 'data_corrupted';
    END IF;
    DELETE FROM log.segments AS s WHERE s.tenant_id = tenant AND s.last_position = last;
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION log.warm FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.warm TO tenantry_cold;
RESET ROLE;
REVOKE CREATE ON SCHEMA log FROM tenantry_log;

SET ROLE tenantry_owner;

-- ── Imported histories ──────────────────────────────────────────────────────
-- What was imported into a tenant's log from elsewhere, and by which rules.
-- Written by imports in the transactions that write the events; read by them
-- to go on, and by people who ask where a history came from.
CREATE TABLE log.imported_histories (
    tenant_id   uuid NOT NULL,
    -- By what events of different streams were put in order: column:{name},
    -- metadata:{key}, or physical.
    order_rule  text NOT NULL,
    -- All rules by which the source was read.
    rules       jsonb NOT NULL,
    -- How events were written there, by their names here.
    names       jsonb NOT NULL,
    -- The positions 1 to this are imported.
    events      bigint NOT NULL CHECK (events >= 0),
    started_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT imported_histories_pkey PRIMARY KEY (tenant_id)
);
ALTER TABLE log.imported_histories ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.imported_histories FORCE ROW LEVEL SECURITY;
CREATE POLICY importing ON log.imported_histories
    TO tenantry_owner, tenantry_log USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.imported_histories FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT, UPDATE ON log.imported_histories TO tenantry_log;
GRANT SELECT ON log.imported_histories TO tenantry_command, tenantry_query;

-- What imported streams were called where they came from, and how far they
-- have been imported.
CREATE TABLE log.imported_streams (
    tenant_id    uuid NOT NULL,
    source_type  text NOT NULL,
    source_id    text NOT NULL,
    stream_id    uuid NOT NULL,
    version      bigint NOT NULL CHECK (version >= 1),
    CONSTRAINT imported_streams_pkey PRIMARY KEY (tenant_id, source_type, source_id),
    -- Serves: what a stream was called.
    CONSTRAINT imported_streams_by_stream UNIQUE (tenant_id, stream_id)
) WITH (fillfactor = 70);
ALTER TABLE log.imported_streams ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.imported_streams FORCE ROW LEVEL SECURITY;
CREATE POLICY importing ON log.imported_streams
    TO tenantry_owner, tenantry_log USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.imported_streams FOR SELECT
    USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT, UPDATE ON log.imported_streams TO tenantry_log;
GRANT SELECT ON log.imported_streams TO tenantry_command, tenantry_query;

-- ── Pasts ───────────────────────────────────────────────────────────────────
-- Moments of logs that are put into tables, for audits. Written by whoever asks
-- for one; a projector fills its tables, and removes it once it has expired.
CREATE TABLE log.pasts (
    tenant_id     uuid NOT NULL,
    -- Stands in the tables of the schema past where the tenant stands in those
    -- of the schema read: so the same statements read both.
    past_id       uuid NOT NULL,
    position      bigint NOT NULL CHECK (position >= 0),
    -- {kind}:{id}, for example operator:thandi.
    requested_by  text NOT NULL,
    reason        text NOT NULL,
    requested_at  timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    CONSTRAINT pasts_pkey PRIMARY KEY (tenant_id, past_id),
    -- One past of a moment is enough.
    CONSTRAINT pasts_by_position UNIQUE (tenant_id, position)
);
ALTER TABLE log.pasts ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.pasts FORCE ROW LEVEL SECURITY;
CREATE POLICY keeping ON log.pasts
    TO tenantry_owner, tenantry_projector USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.pasts FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT, DELETE ON log.pasts TO tenantry_projector;
GRANT SELECT ON log.pasts TO tenantry_query;

-- How far the tables of pasts are filled. A table is there when `erasures` is
-- that of the tenant's head: whoever was erased since is not in it.
CREATE TABLE log.past_tables (
    tenant_id   uuid NOT NULL,
    past_id     uuid NOT NULL,
    -- The read table's name.
    consumer    text NOT NULL,
    -- The positions of the log that are folded so far.
    folded      bigint NOT NULL DEFAULT 0,
    rows        bigint NOT NULL DEFAULT 0,
    -- How many of the tenant's erasures it has taken in; null until it is filled.
    erasures    bigint,
    -- Why it could not be filled. It is tried again after a while.
    error       text,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT past_tables_pkey PRIMARY KEY (tenant_id, past_id, consumer)
);
ALTER TABLE log.past_tables ENABLE ROW LEVEL SECURITY;
ALTER TABLE log.past_tables FORCE ROW LEVEL SECURITY;
CREATE POLICY keeping ON log.past_tables
    TO tenantry_owner, tenantry_projector USING (true) WITH CHECK (true);
CREATE POLICY own_tenant ON log.past_tables FOR SELECT USING (tenant_id = log.current_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON log.past_tables TO tenantry_projector;
GRANT SELECT ON log.past_tables TO tenantry_query;

-- ── For operators ───────────────────────────────────────────────────────────
-- How far each consumer lies behind, in events and in seconds since its tenant
-- last wrote.
CREATE VIEW log.consumer_lag WITH (security_invoker = true) AS
SELECT
    c.consumer,
    c.tenant_id,
    h.position - c.position AS events,
    CASE WHEN h.position = c.position THEN 0
        ELSE extract(epoch FROM now() - c.updated_at) END AS seconds
FROM log.checkpoints AS c
JOIN log.heads AS h ON h.tenant_id = c.tenant_id;
GRANT SELECT ON log.consumer_lag TO tenantry_projector, tenantry_worker;

RESET ROLE;
