//! Outcomes of commands are kept for a while, and then they are not.

use event_store::{AppendError, Log, pg::PgLogSettings};
use tests::Database;
use tokio_postgres::{Client, error::SqlState};

use super::given::{append, log};

async fn rotate(owner: &Client, days: i32) -> i32 {
    let sql = "SELECT log.rotate_commands_at('30 days', now() + make_interval(days => $1))";
    owner.query_one(sql, &[&days]).await.unwrap().get(0)
}

async fn owner_of(database: &Database) -> Client {
    let owner = database.owner().await.unwrap();
    owner.batch_execute("SET ROLE tenantry_owner").await.unwrap();
    owner
}

async fn partitions(owner: &Client) -> i64 {
    let sql = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'log.commands'::regclass";
    owner.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn an_outcome_is_remembered_for_the_retention_and_then_forgotten() {
    let database = Database::new().await.unwrap();
    let (tenant, owner) = (database.tenant().await.unwrap(), owner_of(&database).await);
    let pool = database.pool("tenantry_command").unwrap();
    let log = log(&database.config(), pool, &PgLogSettings::default());
    let command = append(tenant);
    let first = log.append(command.clone()).await.unwrap();
    for day in [1, 15, 29] {
        assert_eq!(rotate(&owner, day).await, 0);
        let again = log.append(command.clone()).await.unwrap();
        assert!(again.duplicate && again.first_position == first.first_position);
    }
    let mut same_id = append(tenant);
    same_id.command.id = command.command.id;
    let refused = AppendError::CommandIdReused(command.command.id);
    assert_eq!(log.append(same_id.clone()).await, Err(refused));
    let mut dropped = 0;
    for day in (30..=100).step_by(10) {
        dropped += rotate(&owner, day).await;
        assert!(partitions(&owner).await <= 4, "their number does not grow");
    }
    assert!(dropped > 0);
    assert_eq!(log.outcome(tenant, command.command.id).await.unwrap(), None);
    // The stream still knows who wrote it.
    assert!(log.append(command).await.unwrap().duplicate);
    log.append(same_id).await.unwrap();
}

#[tokio::test]
async fn what_no_partition_was_made_for_in_time_is_moved_to_its_own() {
    let database = Database::new().await.unwrap();
    let (tenant, owner) = (database.tenant().await.unwrap(), owner_of(&database).await);
    let late = database.owner().await.unwrap();
    // A server whose clock is ahead, or whose worker was away for long.
    late.execute(
        "UPDATE log.heads SET recorded_at = now() + interval '45 days' WHERE tenant_id = $1",
        &[&event_store::pg::uuid(tenant)],
    )
    .await
    .unwrap();
    let pool = database.pool("tenantry_command").unwrap();
    let log = log(&database.config(), pool, &PgLogSettings::default());
    let command = append(tenant);
    log.append(command.clone()).await.unwrap();
    let of_default = "SELECT count(*) FROM log.commands_default";
    assert_eq!(owner.query_one(of_default, &[]).await.unwrap().get::<_, i64>(0), 1);
    rotate(&owner, 40).await;
    assert_eq!(owner.query_one(of_default, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert!(log.append(command).await.unwrap().duplicate);
}

#[tokio::test]
async fn the_worker_may_rotate_and_nobody_else() {
    let database = Database::new().await.unwrap();
    let services = ["tenantry_worker", "tenantry_command", "tenantry_query", "tenantry_projector"];
    for role in services {
        let client = database.owner().await.unwrap();
        client.batch_execute(&format!("SET ROLE {role}")).await.unwrap();
        let rotated = client.execute("SELECT log.rotate_commands('30 days')", &[]).await;
        assert_eq!(rotated.is_ok(), role == "tenantry_worker", "{role}: {rotated:?}");
        let refused = client.execute("SELECT log.rotate_commands_at('30 days', now())", &[]).await;
        assert_eq!(refused.unwrap_err().code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    }
    let owner = owner_of(&database).await;
    let short = owner.execute("SELECT log.rotate_commands_at('1 second', now())", &[]).await;
    assert_eq!(short.unwrap_err().code(), Some(&SqlState::INVALID_PARAMETER_VALUE));
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_go_on_while_partitions_come_and_go() {
    let database = Database::new().await.unwrap();
    let (tenant, owner) = (database.tenant().await.unwrap(), owner_of(&database).await);
    let pool = database.pool("tenantry_command").unwrap();
    let log = log(&database.config(), pool, &PgLogSettings::default());
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let log = log.clone();
            tokio::spawn(async move {
                for _ in 0..100 {
                    log.append(append(tenant)).await.unwrap();
                }
            })
        })
        .collect();
    for day in 1..=20 {
        rotate(&owner, day * 30).await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(log.head(tenant).await.unwrap(), 400);
}
