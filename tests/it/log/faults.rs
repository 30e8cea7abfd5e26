//! Connections are cut and the server is killed while many write: what was
//! acknowledged is there, once, and nothing else is.

use std::{
    collections::BTreeMap,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::kernel::{Actor, Timestamp};
use event_store::{
    Append, AppendError, Appended, CommandRecord, Log, NewEvent, PgLog,
    pg::{self, PgLogSettings, Signals},
};
use service::postgres::Options;
use tokio_postgres::NoTls;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

const WRITERS: usize = 32;
const APPENDS_EACH: usize = 60;

fn append(tenant: Ulid, remembered: bool) -> Append {
    let id = Ulid::generate();
    Append {
        events: (0..2).map(|_| NewEvent::new("changed", vec![0x80])).collect(),
        ..Append::of(
            tenant,
            "thing",
            Ulid::generate(),
            CommandRecord {
                request_hash: remembered.then_some([1; 32]),
                ..CommandRecord::new(id, Actor::system("test"), Timestamp::from_micros(1))
            },
        )
    }
}

#[derive(Default)]
struct Told {
    /// Command → where its events went.
    acknowledged: Mutex<BTreeMap<Ulid, Appended>>,
    /// Commands of which nobody knows.
    unknown: Mutex<Vec<Ulid>>,
}

/// Appends until done; an append that found the log away is made again, as a
/// client would, with the same command id.
async fn write(log: Arc<PgLog>, tenants: [Ulid; 3], told: Arc<Told>, done: Arc<AtomicUsize>) {
    for turn in 0..APPENDS_EACH {
        let append = append(tenants[turn % 3], turn % 2 == 0);
        let id = append.command.id;
        loop {
            match log.append(append.clone()).await {
                Ok(appended) => {
                    told.acknowledged.lock().unwrap().insert(id, appended);
                    break;
                }
                Err(AppendError::Unavailable(_)) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(AppendError::Unknown(_)) => {
                    told.unknown.lock().unwrap().push(id);
                    break;
                }
                Err(error) => panic!("{error}"),
            }
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Every acknowledged command's events are in the log once, at the positions
/// that were told; there are no others but those nobody knows of.
async fn check(log: &PgLog, tenants: [Ulid; 3], told: &Told) {
    let acknowledged = told.acknowledged.lock().unwrap().clone();
    let unknown = told.unknown.lock().unwrap().clone();
    let mut found: BTreeMap<Ulid, Vec<u64>> = BTreeMap::new();
    for tenant in tenants {
        let events = log.read_tenant(tenant, 0, 1_000_000).await.unwrap();
        for (place, event) in (1..).zip(&events) {
            assert_eq!(event.envelope.position, place, "positions are gapless");
            found.entry(event.envelope.command_id).or_default().push(place);
        }
    }
    for (command, appended) in &acknowledged {
        let told: Vec<u64> = (appended.first_position..=appended.last_position).collect();
        assert_eq!(found.remove(command), Some(told), "acknowledged, so stored once");
    }
    for (command, positions) in found {
        assert!(unknown.contains(&command), "{command} was never sent or was refused");
        assert_eq!(positions.len(), 2, "all of a command or nothing");
    }
    assert!(acknowledged.len() > WRITERS * APPENDS_EACH / 2);
}

async fn survive(mut disturb: impl AsyncFnMut(&mut service::postgres::Postgres)) {
    let folder = tempfile::tempdir().unwrap();
    let mut postgres = Options::new(folder.path()).start().unwrap();
    let url = postgres.url();
    let (mut owner, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    pg::migrate(&mut owner).await.unwrap();
    let tenants = [Ulid::generate(), Ulid::generate(), Ulid::generate()];
    for tenant in tenants {
        pg::provision(&owner, tenant, "tenant").await.unwrap();
    }
    let config: tokio_postgres::Config = url.parse().unwrap();
    let shutdown = CancellationToken::new();
    let signals = Signals::start(config.clone(), Duration::from_millis(5), shutdown.clone());
    let pool = tests::pool(config, "tenantry_command").unwrap();
    let log = PgLog::start(pool, &signals, &PgLogSettings::default(), &shutdown);

    let (told, done) = (Arc::new(Told::default()), Arc::new(AtomicUsize::new(0)));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| tokio::spawn(write(log.clone(), tenants, told.clone(), done.clone())))
        .collect();
    // Three disturbances, at a quarter, a half and three quarters of the work.
    for quarter in 1..=3 {
        while done.load(Ordering::Relaxed) < WRITERS * APPENDS_EACH * quarter / 4 {
            tokio::task::yield_now().await;
        }
        disturb(&mut postgres).await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    check(&log, tenants, &told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_connections_lose_and_repeat_nothing() {
    let cut = AtomicBool::new(false);
    survive(async |postgres| {
        let (client, connection) = tokio_postgres::connect(&postgres.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        for _ in 0..20 {
            let killed = client
                .query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
                    &[],
                )
                .await
                .unwrap();
            cut.fetch_or(!killed.is_empty(), Ordering::Relaxed);
        }
    })
    .await;
    assert!(cut.into_inner(), "nothing was cut");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_and_repeats_nothing() {
    survive(async |postgres| {
        let pid = postgres.pid().unwrap().to_string();
        assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
        postgres.ended().await;
        postgres.restart().unwrap();
    })
    .await;
}
