//! What each role may and may not do with the log.

use tests::Database;
use tokio_postgres::{Client, error::SqlState};
use uuid::Uuid;

use super::SERVICES;

/// A database with one event of each of two tenants.
async fn two_tenants() -> (Database, [Uuid; 2]) {
    let database = Database::new().await.unwrap();
    let owner = database.owner().await.unwrap();
    let mut tenants = [Uuid::nil(); 2];
    for tenant in &mut tenants {
        *tenant = Uuid::from_u128(database.tenant().await.unwrap().0);
        owner
            .execute(
                "INSERT INTO log.events VALUES ($1, 1, gen_random_uuid(), 1, 'thing',
                     'thing.made', 1, 1, gen_random_uuid(), now(), now(), 'system:test',
                     gen_random_uuid(), gen_random_uuid(), NULL, NULL, NULL, '\\x80')",
                &[tenant],
            )
            .await
            .unwrap();
    }
    (database, tenants)
}

async fn acting_as(database: &Database, role: &str) -> Client {
    let client = database.owner().await.unwrap();
    client.batch_execute(&format!("SET ROLE {role}")).await.unwrap();
    client
}

async fn visible(client: &Client) -> Vec<Uuid> {
    let rows = client.query("SELECT tenant_id FROM log.events", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_service_sees_the_tenant_it_names_and_nothing_without_one() {
    let (database, [a, _]) = two_tenants().await;
    for role in SERVICES {
        let client = acting_as(&database, role).await;
        assert_eq!(visible(&client).await, Vec::<Uuid>::new(), "{role} without a tenant");
        client.batch_execute("SET tenantry.tenant = ''").await.unwrap();
        assert_eq!(visible(&client).await, Vec::<Uuid>::new(), "{role} with an empty tenant");
        client.batch_execute(&format!("SET tenantry.tenant = '{a}'")).await.unwrap();
        assert_eq!(visible(&client).await, [a], "{role} with a tenant");
    }
}

#[tokio::test]
async fn no_service_can_change_the_log() {
    let (database, [a, _]) = two_tenants().await;
    for role in SERVICES {
        let client = acting_as(&database, role).await;
        client.batch_execute(&format!("SET tenantry.tenant = '{a}'")).await.unwrap();
        for statement in [
            "INSERT INTO log.events SELECT * FROM log.events",
            "UPDATE log.events SET version = 2",
            "DELETE FROM log.events",
            "TRUNCATE log.events",
            "UPDATE log.heads SET position = 0",
            "INSERT INTO log.commands SELECT * FROM log.commands",
            "DELETE FROM log.claims",
            "ALTER TABLE log.events DISABLE ROW LEVEL SECURITY",
            "DROP TABLE log.events",
            "CREATE TABLE log.mine ()",
        ] {
            let error = client.batch_execute(statement).await.expect_err(statement);
            assert_eq!(
                error.code(),
                Some(&SqlState::INSUFFICIENT_PRIVILEGE),
                "{role}: {statement}"
            );
        }
    }
}

#[tokio::test]
async fn only_writers_may_append() {
    let (database, _) = two_tenants().await;
    for (role, may) in SERVICES.into_iter().zip([true, false, false, true]) {
        let client = acting_as(&database, role).await;
        let allowed: bool = client
            .query_one(
                "SELECT bool_and(has_function_privilege(oid, 'EXECUTE')) FROM pg_proc
                 WHERE pronamespace = 'log'::regnamespace AND proname = 'append'",
                &[],
            )
            .await
            .unwrap()
            .get(0);
        assert_eq!(allowed, may, "{role}");
    }
}
