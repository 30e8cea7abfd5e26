//! Killed between any two steps: nothing is lost, nothing is there twice.

use std::process::{Child, Stdio};

use event_store::TenantId;
use ulid::Ulid;

use super::Cellar;
use crate::archive::world::somebody;

/// Everything that must be the same whatever happened to whoever moves.
async fn is_whole(cellar: &Cellar, tenant: Ulid, hot: &[event_store::StoredEvent]) {
    assert!(cellar.events(tenant, 70).await == hot, "all events, once, in order");
    let sql = "SELECT count(*) FROM (
             SELECT position FROM log.events WHERE tenant_id = $1
             UNION SELECT generate_series(first_position, last_position)
             FROM log.segments WHERE tenant_id = $1
         ) AS there";
    assert_eq!(cellar.world.number(sql, tenant).await, i64::try_from(hot.len()).unwrap());
}

fn cooling(cellar: &Cellar, tenant: Ulid) -> Child {
    let id = TenantId(tenant).to_string();
    cellar
        .command(&["tenant", "cool", &id, "--older-than", "0s", "--least", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn waits_for_a_lock(cellar: &Cellar) {
    let waiting = async {
        while !cellar.somebody_waits().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), waiting).await.unwrap();
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_it_reads_nothing_has_happened() {
    let cellar = Cellar::filled(3).await;
    let (tenant, hot) = (somebody(), cellar.events(somebody(), 1_000).await);
    let held = cellar.hold("log.events", "ACCESS EXCLUSIVE").await;
    let child = cooling(&cellar, tenant);
    waits_for_a_lock(&cellar).await;
    kill(child);
    drop(held);
    assert_eq!((cellar.standing(tenant).await.0, cellar.objects(tenant).len()), (0, 0));
    is_whole(&cellar, tenant, &hot).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_it_wrote_the_object_it_writes_the_same_again() {
    let cellar = Cellar::filled(3).await;
    let (tenant, hot) = (somebody(), cellar.events(somebody(), 1_000).await);
    // Whoever registers a segment waits, whoever reads does not.
    let held = cellar.hold("log.segments", "SHARE").await;
    let child = cooling(&cellar, tenant);
    waits_for_a_lock(&cellar).await;
    let written = cellar.objects(tenant);
    assert_eq!(written.len(), 1);
    kill(child);
    // The server would go on with what it was told: its session ends as well.
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'
             AND $1::uuid IS NOT NULL";
    assert_eq!(cellar.world.number(end, Ulid::nil()).await, 1);
    drop(held);
    assert_eq!(cellar.standing(tenant).await.0, 0);
    is_whole(&cellar, tenant, &hot).await;
    // Half an object does not mislead whoever comes next either.
    let content = std::fs::read(&written[0]).unwrap();
    std::fs::write(&written[0], &content[..content.len() / 2]).unwrap();
    assert!(cooling(&cellar, tenant).wait().unwrap().success());
    assert_eq!(std::fs::read(&written[0]).unwrap(), content);
    assert_eq!(cellar.standing(tenant).await.0, hot.len() as u64);
    is_whole(&cellar, tenant, &hot).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_server_moves_all_or_nothing_is_moved() {
    let cellar = Cellar::filled(3).await;
    let (tenant, hot) = (somebody(), cellar.events(somebody(), 1_000).await);
    for end_session in [true, false] {
        // The segment is registered, its events are still to be removed.
        let held = cellar.hold("log.events", "SHARE").await;
        let child = cooling(&cellar, tenant);
        waits_for_a_lock(&cellar).await;
        kill(child);
        if end_session {
            let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'
                     AND $1::uuid IS NOT NULL";
            assert_eq!(cellar.world.number(end, Ulid::nil()).await, 1);
        }
        drop(held);
        let gone = async {
            while cellar.somebody_waits().await {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_mins(1), gone).await.unwrap();
        is_whole(&cellar, tenant, &hot).await;
    }
    assert!(cooling(&cellar, tenant).wait().unwrap().success());
    is_whole(&cellar, tenant, &hot).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_as_soon_as_a_segment_is_there_it_is_there_once() {
    let cellar = Cellar::filled(4).await;
    let (tenant, hot) = (somebody(), cellar.events(somebody(), 1_000).await);
    let child = cooling(&cellar, tenant);
    let moved = async {
        while cellar.standing(tenant).await.0 == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), moved).await.unwrap();
    kill(child);
    is_whole(&cellar, tenant, &hot).await;
    let id = TenantId(tenant).to_string();
    let child = cellar.command(&["tenant", "warm", &id]).stdout(Stdio::null()).spawn().unwrap();
    kill(child);
    is_whole(&cellar, tenant, &hot).await;
}
