//! Somebody else's transactions are in the way.

use std::time::Duration;

use tests::Load;
use tokio_postgres::{Client, error::SqlState};
use uuid::Uuid;

use super::{CLIENTS, SOME, Site, times};

async fn hold_head(session: &Client, tenant: ulid::Ulid) {
    session.batch_execute("BEGIN").await.unwrap();
    let lock = "SELECT 1 FROM log.heads WHERE tenant_id = $1 FOR UPDATE";
    session.execute(lock, &[&Uuid::from_u128(tenant.0)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_held_by_an_idle_transaction_stops_its_tenant_alone() {
    let site = Site::start_with(
        |server| server,
        |services| services.set("TENANTRY__DATABASE__STATEMENT_TIMEOUT_MS", "2000"),
    );
    let mut held = Load::start(&[site.served.client(0)], CLIENTS);
    held.further(SOME).await.unwrap();
    let session = site.served.owner().await.unwrap();
    hold_head(&session, site.served.tenants[0]).await;
    // Waits, and is then told to come again.
    held.trouble().await.unwrap();
    let stood = held.acknowledged();
    let mut others = Load::start(&[site.served.client(1)], CLIENTS);
    others.further(SOME).await.unwrap();
    assert!(held.acknowledged() <= stood + CLIENTS, "the head was not held");
    session.batch_execute("ROLLBACK").await.unwrap();
    held.further(SOME).await.unwrap();
    let mut told = held.stop().await.unwrap();
    let others = others.stop().await.unwrap();
    told.extend(others.into_iter().map(|one| tests::Acknowledged { tenant: 1, ..one }));
    tests::check(&site.served, &told).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lock_timeouts_lose_and_repeat_nothing() {
    let site = Site::start();
    let session = site.served.owner().await.unwrap();
    let short = "ALTER ROUTINE log.append SET lock_timeout = '20ms'";
    session.batch_execute(short).await.unwrap();
    let mut load = site.load();
    for turn in 0..times(8) {
        load.further(SOME / 4).await.unwrap();
        hold_head(&session, site.served.tenants[turn % 2]).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
        session.batch_execute("ROLLBACK").await.unwrap();
    }
    load.further(SOME).await.unwrap();
    site.holds(load).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_snapshots_and_full_vacuums_are_only_slow() {
    let site =
        Site::start_with(|server| server.set("autovacuum_naptime", "1s"), |services| services);
    // Somebody who reports, and forgot to leave: nothing can be cleaned up.
    let old = site.served.owner().await.unwrap();
    old.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
    old.batch_execute("SELECT FROM log.tenants").await.unwrap();
    let mut load = site.load();
    let owner = site.served.owner().await.unwrap();
    for _ in 0..times(2) {
        load.further(SOME).await.unwrap();
        for how in ["VACUUM (ANALYZE)", "VACUUM FULL"] {
            for table in ["log.heads", "log.events", "log.commands", "log.claims", "log.series"] {
                maintain(&owner, &format!("{how} {table}")).await;
            }
            maintain(&owner, &format!("{how} log.checkpoints")).await;
        }
        maintain(&owner, "REINDEX TABLE log.events").await;
    }
    load.further(SOME).await.unwrap();
    let count = "SELECT count(*) FROM log.events";
    let seen: i64 = old.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(seen, 0, "it is not as old as it should be");
    old.batch_execute("COMMIT").await.unwrap();
    site.holds(load).await;
}

/// As whoever maintains a database does: a statement that loses a deadlock to
/// the services is given again.
async fn maintain(owner: &Client, statement: &str) {
    loop {
        match owner.batch_execute(statement).await {
            Err(error) if error.code() == Some(&SqlState::T_R_DEADLOCK_DETECTED) => {}
            done => return done.unwrap(),
        }
    }
}
