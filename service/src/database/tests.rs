//! Pools on a real server.

use std::time::Duration;

use futures_util::FutureExt;
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::{SimpleQueryMessage, types::Type};
use ulid::Ulid;

use super::{Database, DatabaseError, DatabaseRole};
use crate::{config::Config, scratch::server, telemetry::metrics_text};

const FIRST: Ulid = Ulid(1);
const SECOND: Ulid = Ulid(2);
const NAMES: &str = "SELECT name FROM things ORDER BY name";

async fn pool(connections: usize) -> Database {
    Database::connect(&server::database().await, DatabaseRole::Query, connections).await.unwrap()
}

async fn names(database: &Database, tenant: Ulid) -> Vec<String> {
    let rows = database.read(tenant, NAMES, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// What the next user of a connection would find.
async fn setting(database: &Database) -> String {
    let connection = database.raw().get().await.unwrap();
    let sql = "SELECT coalesce(current_setting('tenantry.tenant', true), '') \
               || CASE WHEN now() = statement_timestamp() THEN '' ELSE ' in a transaction' END";
    // Asked simply: other ways begin a transaction before the statement.
    let rows = connection.simple_query(sql).await.unwrap();
    let row = rows.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    row.unwrap().to_owned()
}

#[tokio::test]
async fn a_tenant_reads_its_own_rows_and_no_others() {
    let database = pool(2).await;
    assert_eq!(names(&database, FIRST).await, ["of the first"]);
    assert_eq!(names(&database, SECOND).await, ["of the second"]);
    assert!(names(&database, Ulid(3)).await.is_empty());
    let sql = "SELECT name || $1 FROM things WHERE name LIKE $2";
    let kept = database.read(FIRST, sql, &[&"!", &"of%"]).await.unwrap();
    let once = [(&"!" as _, Type::TEXT), (&"of%" as _, Type::TEXT)];
    let once = database.read_once(FIRST, sql, &once).await.unwrap();
    for rows in [kept, once] {
        let texts: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(texts, ["of the first!"]);
    }
    let nobody = database.transaction(None).await.unwrap();
    assert!(nobody.query(NAMES, &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn sessions_are_in_their_role_from_the_start() {
    let database = pool(1).await;
    let sql = "SELECT current_user::text, current_setting('statement_timeout'), \
               current_setting('application_name'), current_setting('transaction_read_only')";
    let row = &database.read(FIRST, sql, &[]).await.unwrap()[0];
    let values: Vec<String> = (0..4).map(|column| row.get(column)).collect();
    assert_eq!(values, ["tenantry_query", "10s", "tenantry-query", "on"]);
    let error = database.read(FIRST, "DELETE FROM things", &[]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database refused the statement: ERROR: cannot execute DELETE in a read-only transaction"
    );
    assert!(!error.is_transient());
    assert_eq!(setting(&database).await, "");
}

#[tokio::test]
async fn a_reader_who_stops_waiting_leaves_no_transaction_behind() {
    let database = pool(1).await;
    let sql = "SELECT name, pg_sleep(0.2)::text FROM things";
    // Prepared before, so that the next poll is the one that sends everything.
    database.read(FIRST, sql, &[]).await.unwrap();
    for _ in 0..3 {
        assert!(database.read(FIRST, sql, &[]).now_or_never().is_none());
        assert_eq!(setting(&database).await, "");
        let once = database.read_once(FIRST, "SELECT pg_sleep(0.1)::text", &[]);
        assert!(once.now_or_never().is_none());
        assert_eq!(setting(&database).await, "");
    }
    for moment in 1..20 {
        let wait = Duration::from_millis(moment * 5);
        let _given_up = tokio::time::timeout(wait, database.read(FIRST, sql, &[])).await;
        assert_eq!(setting(&database).await, "", "given up after {wait:?}");
    }
    assert_eq!(database.raw().status().size, 1);
}

#[tokio::test]
async fn a_dropped_transaction_counts_for_nothing_and_nobody_inherits_it() {
    let config = server::database().await;
    let database = Database::connect(&config, DatabaseRole::Command, 1).await.unwrap();
    let insert = "INSERT INTO things VALUES ('00000000-0000-0000-0000-000000000001', $1)";
    for end in ["dropped", "rolled back", "committed"] {
        let transaction = database.transaction(Some(FIRST)).await.unwrap();
        transaction.execute(insert, &[&end]).await.unwrap();
        match end {
            "dropped" => drop(transaction),
            "rolled back" => transaction.rollback().await.unwrap(),
            _ => transaction.commit().await.unwrap(),
        }
        assert_eq!(setting(&database).await, "");
    }
    assert_eq!(names(&database, FIRST).await, ["committed", "of the first"]);
    assert!(database.transaction(Some(FIRST)).now_or_never().is_none());
    assert_eq!(setting(&database).await, "");
    let snapshot = database.snapshot(Some(SECOND)).await.unwrap();
    let refused = snapshot.execute(insert, &[&"no"]).await.map_err(DatabaseError::of);
    assert!(matches!(refused, Err(DatabaseError::Refused(_))));
}

#[tokio::test]
async fn a_connection_that_died_in_the_pool_is_replaced_unnoticed() {
    let database = pool(1).await;
    let sql = "SELECT pg_backend_pid()";
    let before: i32 = database.read(FIRST, sql, &[]).await.unwrap()[0].get(0);
    let other = Database { role: DatabaseRole::Owner, ..pool(1).await };
    let admin = other.raw().get().await.unwrap();
    admin.batch_execute("RESET ROLE; SET ROLE tenantry").await.unwrap();
    admin.execute("SELECT pg_terminate_backend($1, 5000)", &[&before]).await.unwrap();
    let after: i32 = database.read(FIRST, sql, &[]).await.unwrap()[0].get(0);
    assert_ne!(before, after);
}

#[tokio::test]
async fn waiting_has_an_end() {
    let mut config = server::database().await;
    config.wait_timeout = Duration::from_millis(20);
    config.statement_timeout = Duration::from_millis(50);
    let database = Database::connect(&config, DatabaseRole::Query, 1).await.unwrap();
    let slow = database.read(FIRST, "SELECT pg_sleep(60)::text", &[]).await.unwrap_err();
    assert_eq!(slow.to_string(), "the statement took longer than database.statement_timeout_ms");
    let held = database.snapshot(None).await.unwrap();
    let text = metrics_text().unwrap();
    assert!(text.contains("db_connections_active{role=\"tenantry_query\"}"), "{text}");
    assert!(
        text.contains("db_query_duration_seconds_bucket{role=\"tenantry_query\",le=\"0.001\"}"),
        "{text}"
    );
    let busy = database.read(FIRST, NAMES, &[]).await.unwrap_err();
    assert_eq!(busy.to_string(), "no free database connection within 20 ms: all 1 are in use");
    assert!(busy.is_transient() && slow.is_transient());
    drop(held);
    database.ping().await.unwrap();
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_described() {
    let mut config = server::database().await;
    let there = config.url.clone();
    let mut failure = async |url: &str, role| {
        config.url = SecretString::from(url.to_owned());
        Database::connect(&config, role, 1).await.unwrap_err().to_string()
    };
    let text = failure(there.expose_secret(), DatabaseRole::Worker).await;
    assert!(text.starts_with("cannot connect to PostgreSQL at socket /"), "{text}");
    assert!(
        text.ends_with(
            ", as tenantry in role tenantry_worker: role \"tenantry_worker\" does not exist; \
             run `tenantry migrate` on this database first"
        ),
        "{text}"
    );
    let text = failure("postgresql://joe:hunter2@127.0.0.1:1/books", DatabaseRole::Query).await;
    assert!(
        text.starts_with(
            "cannot connect to PostgreSQL at 127.0.0.1:1, database books, as joe in role \
             tenantry_query: "
        ),
        "{text}"
    );
    assert!(text.contains("onnection refused") && !text.contains("hunter2"), "{text}");
    let text = failure("", DatabaseRole::Query).await;
    assert!(text.starts_with("database.url is empty; set it"), "{text}");
    let missing = there.expose_secret().replace("scratch_", "missing_");
    let text = failure(&missing, DatabaseRole::Query).await;
    assert!(text.contains("does not exist; create it with: createdb NAME"), "{text}");
    assert!(Config::default().database.url.expose_secret().is_empty());
}
