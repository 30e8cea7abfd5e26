//! What the catalogue says about tables and roles.

use tokio_postgres::Client;
use uuid::Uuid;

use super::{Ground, OF_NOBODY, SERVICES};

/// Tables whose key begins with something else, and why.
const OTHER_KEYS: &[(&str, &str)] = &[
    ("log.checkpoints", "a consumer looks for its places in all logs"),
    ("log.consumer_failures", "a consumer looks for its places in all logs"),
    ("log.quarantined_streams", "a consumer looks for what it left out of all logs"),
    ("log.built_tenants", "a build looks for its places in all logs"),
];

/// Puts a row of a tenant into a table, with a plain value in every column
/// that needs one. As a superuser, whom no policy stops.
pub(super) async fn fill(owner: &Client, table: &str, tenant: Uuid) {
    let sql = "SELECT string_agg(quote_ident(attname), ', '), string_agg(
                   CASE
                       WHEN attname = 'tenant_id' THEN quote_literal($2::text)
                       ELSE CASE format_type(atttypid, NULL)
                           WHEN 'uuid' THEN quote_literal($2::text)
                           WHEN 'text' THEN '''x'''
                           WHEN '\"char\"' THEN '''x'''
                           WHEN 'bytea' THEN '''\\x80'''
                           WHEN 'boolean' THEN 'true'
                           WHEN 'jsonb' THEN '''{}'''
                           WHEN 'timestamp with time zone' THEN 'now()'
                           WHEN 'date' THEN 'current_date'
                           ELSE CASE WHEN format_type(atttypid, NULL) LIKE '%[]' THEN '''{}'''
                               ELSE '1' END
                       END
                   END, ', ')
               FROM pg_attribute
               WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
                   AND attgenerated = '' AND (attnotnull OR attname = 'tenant_id')";
    let row = owner.query_one(sql, &[&table, &tenant.to_string()]).await.unwrap();
    let (columns, values): (String, String) = (row.get(0), row.get(1));
    let insert =
        format!("INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING");
    owner.batch_execute(&insert).await.unwrap_or_else(|error| {
        panic!("{table} wants another sample row than ({columns}) VALUES ({values}): {error:?}");
    });
    let count = format!("SELECT count(*) FROM {table} WHERE tenant_id = $1");
    let rows: i64 = owner.query_one(&count, &[&tenant]).await.unwrap().get(0);
    assert!(rows > 0, "{table} has no row to steal");
}

async fn names(owner: &Client, sql: &str) -> Vec<String> {
    owner.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

const NOTHING: [String; 0] = [];

#[tokio::test]
async fn every_table_with_a_tenant_is_under_forced_row_level_security() {
    let ground = Ground::new().await;
    let open = "SELECT c.oid::regclass::text
         FROM pg_class AS c
         JOIN pg_namespace AS n ON n.oid = c.relnamespace
         JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
         WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%'
             AND NOT (c.relrowsecurity AND c.relforcerowsecurity)";
    assert_eq!(names(&ground.owner, open).await, NOTHING);
    let tables = "SELECT c.oid::regclass::text
         FROM pg_class AS c
         JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'm', 'f')
             AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
             AND NOT EXISTS (
                 SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'
             )";
    let mut of_nobody = names(&ground.owner, tables).await;
    of_nobody.retain(|table| OF_NOBODY.iter().all(|(known, _)| known != table));
    assert_eq!(of_nobody, NOTHING, "no tenant: say why in OF_NOBODY");
}

#[tokio::test]
async fn every_key_begins_with_the_tenant() {
    let ground = Ground::new().await;
    // A table's unique indexes, with their first column.
    let keys = "SELECT DISTINCT i.indrelid::regclass::text
         FROM pg_index AS i
         JOIN pg_class AS c ON c.oid = i.indrelid AND c.relkind IN ('r', 'p')
         JOIN pg_namespace AS n ON n.oid = c.relnamespace
         JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attname = 'tenant_id'
         WHERE n.nspname IN ('log', 'read', 'past') AND i.indisunique AND i.indkey[0] <> a.attnum";
    let mut others = names(&ground.owner, keys).await;
    others.retain(|table| OTHER_KEYS.iter().all(|(known, _)| known != table));
    assert_eq!(others, NOTHING, "keys that do not begin with the tenant");
    let keyless = "SELECT c.oid::regclass::text
         FROM pg_class AS c
         JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
         WHERE c.relkind IN ('r', 'p') AND c.relnamespace IN ('log'::regnamespace, 'read'::regnamespace, 'past'::regnamespace)
             AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary)";
    assert_eq!(names(&ground.owner, keyless).await, NOTHING, "tables without a key");
}

#[tokio::test]
async fn no_service_has_more_than_its_grants() {
    let ground = Ground::new().await;
    let roles = SERVICES.map(|role| format!("'{role}', '{role}_login'")).join(", ");
    let of_roles = |sql: &str| sql.replace("SERVICES", &roles);
    for (what, sql) in [
        (
            "attributes",
            "SELECT rolname::text FROM pg_roles WHERE rolname IN (SERVICES)
                 AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)",
        ),
        (
            // Tables, views, sequences, functions, types, schemas: all there is.
            "ownership",
            "SELECT DISTINCT r.rolname || ' owns ' || d.classid::regclass
             FROM pg_shdepend AS d JOIN pg_roles AS r ON r.oid = d.refobjid
             WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o'
                 AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
                 AND r.rolname IN (SERVICES)",
        ),
        (
            "membership",
            "SELECT m.rolname || ' in ' || r.rolname
             FROM pg_auth_members AS g
             JOIN pg_roles AS r ON r.oid = g.roleid JOIN pg_roles AS m ON m.oid = g.member
             WHERE m.rolname IN (SERVICES) AND m.rolname <> r.rolname || '_login'",
        ),
        (
            "schemas",
            "SELECT r.rolname || ' creates in ' || n.nspname
             FROM pg_roles AS r, pg_namespace AS n
             WHERE r.rolname IN (SERVICES) AND has_schema_privilege(r.oid, n.oid, 'CREATE')
                 AND n.nspname NOT LIKE 'pg\\_temp%' AND n.nspname NOT LIKE 'pg\\_toast\\_temp%'",
        ),
        (
            "database",
            "SELECT r.rolname::text FROM pg_roles AS r WHERE r.rolname IN (SERVICES)
                 AND has_database_privilege(r.oid, current_database(), 'CREATE')",
        ),
        (
            "rules, triggers, references",
            "SELECT r.rolname || ' on ' || c.oid::regclass
             FROM pg_roles AS r, pg_class AS c
             WHERE r.rolname IN (SERVICES) AND c.relkind IN ('r', 'p', 'v')
                 AND c.relnamespace IN ('log'::regnamespace, 'read'::regnamespace, 'past'::regnamespace)
                 AND has_table_privilege(r.oid, c.oid, 'TRUNCATE, TRIGGER, REFERENCES')",
        ),
        (
            // Rows of the log are never changed by anybody. That who owns its
            // functions may delete serves giving up an unfinished import, and
            // moving what is old into cold storage.
            "the log",
            "SELECT r.rolname || ' on ' || t.name
             FROM pg_roles AS r, (VALUES ('log.events'), ('log.commands')) AS t (name)
             WHERE (r.rolname LIKE 'tenantry\\_%')
                 AND r.rolname <> 'tenantry_owner'
                 AND has_table_privilege(r.oid, t.name, CASE r.rolname
                     WHEN 'tenantry_log' THEN 'UPDATE, TRUNCATE'
                     ELSE 'UPDATE, DELETE, TRUNCATE' END)",
        ),
    ] {
        assert_eq!(names(&ground.owner, &of_roles(sql)).await, NOTHING, "{what}");
    }
}

#[tokio::test]
async fn no_policy_applies_to_a_role_that_nobody_reviewed() {
    let ground = Ground::new().await;
    // A policy that lets somebody see all tenants names whom: never PUBLIC.
    let open = "SELECT schemaname || '.' || tablename || ': ' || policyname
         FROM pg_policies
         WHERE 'public' = ANY (roles)
             AND coalesce(qual, with_check) NOT LIKE '%tenant_id = log.current_tenant()%'";
    assert_eq!(names(&ground.owner, open).await, NOTHING);
}
