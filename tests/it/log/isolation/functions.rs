//! What a service can call.

use std::collections::BTreeSet;

use domain::{Platform, kernel::Registry};
use tokio_postgres::error::SqlState;

use super::{Ground, SERVICES};

/// The functions of the schema that services may call, each with what a call
/// can reach. A new one fails here until somebody has thought about it.
const KNOWN: &[(&str, &str, &[&str])] = &[
    ("log.current_tenant", "its own setting", &SERVICES),
    ("read.found", "where rows of the transaction's tenant are", &["tenantry_query"]),
    ("log.recorded_after", "events that its caller sees anyway", &SERVICES),
    ("log.shard", "nothing", &SERVICES),
    (
        "log.fenced",
        "the leases of its own group, for as long as its transaction lasts",
        &["tenantry_projector", "tenantry_worker"],
    ),
    // The one way to write, for any tenant: the caller answers for whom it
    // writes, because one call writes for many.
    ("log.append", "every tenant, append only", &["tenantry_command", "tenantry_worker"]),
    (
        "log.add_tenant_key",
        "a tenant that has none of this kind",
        &["tenantry_command", "tenantry_worker"],
    ),
    ("log.seal", "every tenant's tree, which it can only continue", &["tenantry_worker"]),
    ("log.not_built", "nothing: it fails", &["tenantry_query"]),
    // Neither adds nor takes away anything: what is not as it was sealed stays.
    ("log.cool", "where every tenant's events lie", &["tenantry_cold"]),
    ("log.warm", "where every tenant's events lie", &["tenantry_cold"]),
    ("log.rotate_commands", "outcomes that are older than they are kept", &["tenantry_worker"]),
];

#[tokio::test]
async fn services_call_the_functions_that_were_meant_for_them() {
    let ground = Ground::new().await;
    for role in SERVICES {
        let sql = "SELECT format('%I.%I', n.nspname, p.proname)
                   FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
                   WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
                       AND has_schema_privilege($1, n.oid, 'USAGE')
                       AND has_function_privilege($1, p.oid, 'EXECUTE')";
        let rows = ground.owner.query(sql, &[&role]).await.unwrap();
        let may: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
        let meant: BTreeSet<String> = KNOWN
            .iter()
            .filter(|(_, _, whom)| whom.contains(&role))
            .map(|(name, _, _)| (*name).to_owned())
            .collect();
        let unknown: Vec<_> = may.difference(&meant).collect();
        assert!(unknown.is_empty(), "{role} may call {unknown:?}: what can a call reach?");
    }
}

#[tokio::test]
async fn what_is_found_is_in_rows_of_the_transactions_tenant() {
    let ground = Ground::new().await;
    let registry = Registry::of::<Platform>().unwrap();
    let entry = registry.read_model("customers").unwrap();
    let table = format!("read.{}", entry.table_name());
    let session = ground.session("tenantry_query").await;
    let found =
        format!("SELECT count(*)::int FROM read.found('{table}', 'id', 'name', 'parts', '%')");
    for tenant in [ground.a, ground.b] {
        let begin = format!("BEGIN; SET LOCAL tenantry.tenant = '{tenant}'");
        session.batch_execute(&begin).await.unwrap();
        let row = session.query_one(&found, &[]).await.unwrap();
        assert_eq!(row.get::<_, i32>(0), 1, "{tenant} has one row");
        session.batch_execute("ROLLBACK").await.unwrap();
    }
    let row = session.query_one(&found, &[]).await.unwrap();
    assert_eq!(row.get::<_, i32>(0), 0, "nothing without a tenant");
    // Names cannot end their quotes.
    let trick =
        format!("SELECT read.found('{table}', 'id', 'name\" IS NULL OR true --', 'parts', 'x')");
    let error = session.query(&trick, &[]).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::UNDEFINED_COLUMN), "{error:?}");
}

#[tokio::test]
async fn functions_with_their_owners_rights_search_where_they_say() {
    let ground = Ground::new().await;
    // Temporary objects last: nobody can slip one in.
    let sql = "SELECT p.oid::regprocedure::text
               FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
               WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')
                   AND NOT coalesce(
                       'search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)";
    let rows = ground.owner.query(sql, &[]).await.unwrap();
    let open: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(open, Vec::<String>::new());
}

#[tokio::test]
async fn the_servers_own_functions_open_no_door() {
    let ground = Ground::new().await;
    let object: u32 =
        ground.owner.query_one("SELECT lo_from_bytea(0, 'secret')", &[]).await.unwrap().get(0);
    for role in SERVICES {
        let session = ground.session(role).await;
        for statement in [
            "SELECT pg_read_file('PG_VERSION')".to_owned(),
            "SELECT pg_read_binary_file('PG_VERSION')".to_owned(),
            "SELECT pg_ls_dir('.')".to_owned(),
            "SELECT pg_stat_file('PG_VERSION')".to_owned(),
            "COPY (SELECT 1) TO '/tmp/tenantry-stolen'".to_owned(),
            "COPY (SELECT 1) TO PROGRAM 'true'".to_owned(),
            "SELECT lo_import('/etc/hostname')".to_owned(),
            format!("SELECT lo_export({object}, '/tmp/tenantry-stolen')"),
            format!("SELECT lo_get({object})"),
            format!("SELECT lo_put({object}, 0, 'x')"),
            format!("SELECT lo_unlink({object})"),
            "SELECT loread(lo_open(1, 262144), 1)".to_owned(),
            "SELECT rolpassword FROM pg_authid".to_owned(),
            "SELECT * FROM pg_statistic".to_owned(),
            "ALTER SYSTEM SET log_statement = 'all'".to_owned(),
            "SELECT pg_reload_conf()".to_owned(),
            "SELECT pg_switch_wal()".to_owned(),
            "SELECT pg_create_logical_replication_slot('s', 'test_decoding')".to_owned(),
            "CREATE PUBLICATION p FOR ALL TABLES".to_owned(),
            "SET session_replication_role = replica".to_owned(),
            "DROP EXTENSION plpgsql".to_owned(),
            "CREATE FUNCTION pg_temp.c() RETURNS int LANGUAGE c AS 'a', 'b'".to_owned(),
            "CREATE FUNCTION log.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'".to_owned(),
            "CREATE SCHEMA mine".to_owned(),
            "CREATE TABLE public.mine ()".to_owned(),
            "CREATE ROLE mine".to_owned(),
        ] {
            let Err(error) = session.batch_execute(&statement).await else {
                panic!("{role} may: {statement}")
            };
            let state = error.code().unwrap_or_else(|| panic!("{role}: {statement}: {error}"));
            let expected = [
                SqlState::INSUFFICIENT_PRIVILEGE,
                SqlState::UNDEFINED_OBJECT,
                SqlState::UNDEFINED_FILE,
            ];
            assert!(expected.contains(state), "{role}: {statement}: {error:?}");
        }
        // What the planner has gathered about the values of all tenants.
        let gathered = "SELECT count(*) FROM pg_stats WHERE schemaname IN ('log', 'read')
                        AND tablename NOT IN ('schema_version', 'read_tables', 'builds')";
        ground.owner.batch_execute("ANALYZE").await.unwrap();
        let rows: i64 = session.query_one(gathered, &[]).await.unwrap().get(0);
        assert_eq!(rows, 0, "{role} sees statistics of everybody's values");
    }
}
