-- A login for each service that begins its sessions in the one role it needs.
-- Run it as a superuser after `tenantry migrate`, and give the logins passwords
-- of their own: ALTER ROLE tenantry_command_login PASSWORD '…'.
--
-- A direct connection asks for role, time zone and limits itself, and a login
-- that is merely a member of the role will do. A pooler in transaction mode
-- drops what is asked for at the start, so there the login has to bring it.
DO $$
DECLARE
    service text;
    login   text;
BEGIN
    FOREACH service IN ARRAY ARRAY[
        'tenantry_command', 'tenantry_query', 'tenantry_projector', 'tenantry_worker',
        'tenantry_cold'
    ] LOOP
        login := service || '_login';
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT', login);
        EXCEPTION WHEN duplicate_object THEN
            NULL;
        END;
        EXECUTE format('GRANT %I TO %I', service, login);
        EXECUTE format('ALTER ROLE %I SET role = %L', login, service);
        EXECUTE format('ALTER ROLE %I SET timezone = ''UTC''', login);
    END LOOP;
END
$$;
-- What direct connections take from database.statement_timeout_ms,
-- lock_timeout_ms and idle_transaction_timeout_ms. The projector has none: a
-- rebuild takes as long as it takes.
DO $$
DECLARE
    login text;
BEGIN
    FOREACH login IN ARRAY ARRAY[
        'tenantry_command_login', 'tenantry_query_login', 'tenantry_worker_login'
    ] LOOP
        EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', login, '10s');
        EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', login, '1s');
        EXECUTE format(
            'ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', login, '10s'
        );
    END LOOP;
END
$$;
