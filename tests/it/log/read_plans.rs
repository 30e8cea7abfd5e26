//! What is read from the log is read in order from an index, whatever the
//! planner believes about the table.

use event_store::pg::{TenantRead, uuid};
use tests::Database;
use tokio_postgres::types::ToSql;
use ulid::Ulid;

const STRETCH: &str = concat!(
    include_str!("../../../event-store/src/history/sql/events.sql"),
    include_str!("../../../event-store/src/history/sql/stretch.sql")
);
const STREAM: &str = concat!(
    include_str!("../../../event-store/src/history/sql/events.sql"),
    include_str!("../../../event-store/src/history/sql/stream.sql")
);

/// Some tenants with a few hundred events each: so few that a planner would
/// fetch all events of one and sort them.
async fn small_tenants(database: &Database) -> Ulid {
    let owner = database.owner().await.unwrap();
    let mut last = Ulid::nil();
    for _ in 0..3 {
        last = database.tenant().await.unwrap();
        owner
            .execute(
                "INSERT INTO log.events
                 SELECT $1, n, gen_random_uuid(), 1, 'thing', 'thing.made', 1, 1,
                     gen_random_uuid(), now(), now(), 'system:test', gen_random_uuid(),
                     gen_random_uuid(), NULL, NULL, NULL, '\\x80'
                 FROM generate_series(1, 300) AS n",
                &[&uuid(last)],
            )
            .await
            .unwrap();
    }
    owner.batch_execute("ANALYZE log.events").await.unwrap();
    last
}

async fn plan(
    database: &Database,
    tenant: Ulid,
    sql: &str,
    params: &[&(dyn ToSql + Sync)],
) -> String {
    let pool = database.pool("tenantry_command").unwrap();
    let client = pool.get().await.unwrap();
    let read = TenantRead { client: &client, tenant };
    let rows = read.query(&format!("EXPLAIN {sql}"), params).await.unwrap();
    let lines: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    lines.join("\n")
}

#[tokio::test]
async fn a_stretch_of_a_log_is_read_without_fetching_the_rest() {
    let database = Database::new().await.unwrap();
    let tenant = small_tenants(&database).await;
    let params: [&(dyn ToSql + Sync); 4] = [&uuid(tenant), &10_i64, &i64::MAX, &1_000_i64];
    let plan = plan(&database, tenant, STRETCH, &params).await;
    assert!(plan.contains("Index Scan using events_pkey"), "{plan}");
    assert!(!plan.contains("Sort"), "{plan}");
}

#[tokio::test]
async fn a_stream_is_read_without_fetching_the_rest() {
    let database = Database::new().await.unwrap();
    let tenant = small_tenants(&database).await;
    let params: [&(dyn ToSql + Sync); 5] =
        [&uuid(tenant), &uuid(tenant), &0_i64, &i64::MAX, &1_000_i64];
    let plan = plan(&database, tenant, STREAM, &params).await;
    assert!(plan.contains("Index Scan using events_by_stream"), "{plan}");
    assert!(!plan.contains("Sort"), "{plan}");
}
