//! kill -9, of everything.

use std::process::Command;

use service::postgres::Postgres;

use super::{SOME, Site, eventually, times};

fn signal(how: &str, pid: u32) {
    assert!(Command::new("kill").args([how, &pid.to_string()]).status().unwrap().success());
}

/// Ends the server by a signal and starts it again.
async fn end_and_restart(postgres: &mut Postgres, how: &str) {
    signal(how, postgres.pid().unwrap());
    postgres.ended().await;
    tokio::task::block_in_place(|| postgres.restart()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_services_lose_and_repeat_nothing() {
    let mut site = Site::start();
    let mut load = site.load();
    for _ in 0..times(3) {
        load.further(SOME).await.unwrap();
        tokio::task::block_in_place(|| {
            site.served.kill().unwrap();
            site.served.go().unwrap();
        });
    }
    load.further(SOME).await.unwrap();
    assert!(load.repeated() > 0, "nobody noticed");
    site.holds(load).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_and_repeats_nothing() {
    let mut site = Site::start();
    let mut load = site.load();
    for _ in 0..times(3) {
        load.further(SOME).await.unwrap();
        end_and_restart(&mut site.postgres, "-9").await;
    }
    load.further(SOME).await.unwrap();
    site.holds(load).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_server_loses_and_repeats_nothing() {
    let mut site = Site::start();
    let mut load = site.load();
    // A fast shutdown, and one that waits for nobody.
    for how in ["-INT", "-QUIT"].repeat(times(1)) {
        load.further(SOME).await.unwrap();
        end_and_restart(&mut site.postgres, how).await;
    }
    load.further(SOME).await.unwrap();
    site.holds(load).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_sessions_lose_and_repeat_nothing() {
    let site = Site::start();
    let mut load = site.load();
    for turn in 0..times(6) {
        load.further(SOME / 2).await.unwrap();
        let owner = site.served.owner().await.unwrap();
        let service = "backend_type = 'client backend' AND application_name LIKE 'tenantry-%'";
        if turn % 3 < 2 {
            // All at once, politely.
            let terminate =
                format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {service}");
            assert!(!owner.query(&terminate, &[]).await.unwrap().is_empty());
            continue;
        }
        // One process, by the system: the server ends all sessions and
        // recovers.
        let writing = format!(
            "SELECT pid FROM pg_stat_activity WHERE {service}
             AND application_name = 'tenantry-command' LIMIT 1"
        );
        let pid: i32 = owner.query_one(&writing, &[]).await.unwrap().get(0);
        signal("-9", pid.unsigned_abs());
        eventually("the server takes connections", async || site.served.owner().await.is_ok())
            .await;
    }
    load.further(SOME).await.unwrap();
    site.holds(load).await;
}
