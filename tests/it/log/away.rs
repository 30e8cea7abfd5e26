//! The server is slow, locked, stopped, read-only or not there: appends wait as
//! long as they may, and then are told what is true.

use std::{process::Command, sync::Arc, time::Duration};

use event_store::{
    AppendError, Log, PgLog,
    pg::{CommitSettings, PgLogSettings},
};
use tests::Database;
use tokio_postgres::{Client, Config};
use ulid::Ulid;

use super::given::{Server, append, connect, log, pool};

fn patient(patience: Duration) -> PgLogSettings {
    let commit = CommitSettings { flushers: 1, patience, ..CommitSettings::default() };
    PgLogSettings { commit, ..PgLogSettings::default() }
}

const LONG: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(400);

/// A session that has a tenant's log and does not let go of it.
async fn holding(database: &Database, tenant: Ulid) -> Client {
    let client = database.owner().await.unwrap();
    client.batch_execute("BEGIN").await.unwrap();
    let sql = "SELECT FROM log.heads WHERE tenant_id = $1 FOR UPDATE";
    client.execute(sql, &[&event_store::pg::uuid(tenant)]).await.unwrap();
    client
}

fn log_on(config: &Config, settings: &PgLogSettings) -> Arc<PgLog> {
    log(config, pool(config, Duration::from_millis(100)), settings)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_tenant_waits_alone() {
    let database = Database::new().await.unwrap();
    let (locked, free) = (database.tenant().await.unwrap(), database.tenant().await.unwrap());
    let log = log_on(&database.config(), &patient(LONG));
    let holder = holding(&database, locked).await;
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let log = log.clone();
            tokio::spawn(async move { log.append(append(locked)).await })
        })
        .collect();
    for _ in 0..50 {
        log.append(append(free)).await.unwrap();
    }
    assert!(waiting.iter().all(|append| !append.is_finished()));
    assert_eq!(log.head(free).await.unwrap(), 50);
    holder.batch_execute("ROLLBACK").await.unwrap();
    for append in waiting {
        append.await.unwrap().unwrap();
    }
    assert_eq!(log.head(locked).await.unwrap(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_tenant_is_unavailable_in_the_end_and_nothing_is_stored() {
    let database = Database::new().await.unwrap();
    let tenant = database.tenant().await.unwrap();
    let log = log_on(&database.config(), &patient(SHORT));
    let holder = holding(&database, tenant).await;
    let refused = log.append(append(tenant)).await;
    assert!(matches!(refused, Err(AppendError::Unavailable(_))), "{refused:?}");
    holder.batch_execute("ROLLBACK").await.unwrap();
    let log = log_on(&database.config(), &patient(LONG));
    log.append(append(tenant)).await.unwrap();
    assert_eq!(log.head(tenant).await.unwrap(), 1, "the first was never stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_tenants_share_is_refused_at_once() {
    let database = Database::new().await.unwrap();
    let (locked, free) = (database.tenant().await.unwrap(), database.tenant().await.unwrap());
    let mut settings = patient(LONG);
    settings.commit.tenant_queue = 5;
    let log = log_on(&database.config(), &settings);
    let holder = holding(&database, locked).await;
    let (told, mut tells) = tokio::sync::mpsc::channel(20);
    for _ in 0..20 {
        let (log, told) = (log.clone(), told.clone());
        tokio::spawn(async move { told.send(log.append(append(locked)).await).await.unwrap() });
    }
    // Some are under way, five wait, the rest is told at once.
    let refused = tells.recv().await.unwrap();
    assert_eq!(refused, Err(AppendError::Overloaded(5)));
    log.append(append(free)).await.unwrap();
    holder.batch_execute("ROLLBACK").await.unwrap();
    drop(told);
    let mut stored = 0;
    while let Some(outcome) = tells.recv().await {
        stored += u64::from(outcome.is_ok());
    }
    assert_eq!(log.head(locked).await.unwrap(), stored);
    assert!(stored >= 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_transaction_is_ended_by_the_server() {
    let database = Database::new().await.unwrap();
    let tenant = database.tenant().await.unwrap();
    let log = log_on(&database.config(), &patient(LONG));
    let holder = holding(&database, tenant).await;
    holder.batch_execute("SET LOCAL idle_in_transaction_session_timeout = '300ms'").await.unwrap();
    log.append(append(tenant)).await.unwrap();
    assert!(holder.is_closed());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_is_unavailable() {
    let mut config = Config::new();
    // Discard: nobody listens there.
    config.host("127.0.0.1").port(9).user("nobody").dbname("nothing");
    let log = log_on(&config, &patient(SHORT));
    let refused = log.append(append(Ulid::generate())).await;
    assert!(matches!(refused, Err(AppendError::Unavailable(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_time_ends_before_there_is_a_connection_knows_that_nothing_happened() {
    // Whoever connects is never answered.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = Config::new();
    config.host("127.0.0.1").port(silent.local_addr().unwrap().port()).user("nobody");
    let log = log(&config, pool(&config, LONG), &patient(SHORT));
    let refused = log.append(append(Ulid::generate())).await;
    assert!(matches!(refused, Err(AppendError::Unavailable(_))), "{refused:?}");
}

/// The processes that serve the log.
async fn backends(client: &Client) -> Vec<i32> {
    let sql = "SELECT pid FROM pg_stat_activity
               WHERE application_name = 'the log'";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

fn signal(name: &str, pids: &[i32]) {
    let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
    assert!(Command::new("kill").arg(name).args(&pids).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_server_leaves_the_outcome_open_and_the_command_id_settles_it() {
    let tenant = Ulid::generate();
    let server = Server::with(&[tenant]).await;
    let watcher = connect(&server.config).await;
    let log = log_on(&server.config, &patient(SHORT));
    while log.append(append(tenant)).await.is_err() {}
    let hanging = backends(&watcher).await;
    signal("-STOP", &hanging);
    let open = append(tenant);
    let outcome = log.append(open.clone()).await;
    assert!(matches!(outcome, Err(AppendError::Unknown(_))), "{outcome:?}");
    // On a new connection, while the old one still has the call before it.
    let settled = loop {
        match log.append(open.clone()).await {
            Ok(settled) => break settled,
            Err(AppendError::Unknown(_) | AppendError::Unavailable(_)) => {}
            Err(error) => panic!("{error}"),
        }
    };
    signal("-CONT", &hanging);
    while backends(&watcher).await.iter().any(|pid| hanging.contains(pid)) {
        tokio::task::yield_now().await;
    }
    let events = log.read_tenant(tenant, 0, 10_000).await.unwrap();
    let places = events.iter().filter(|event| event.envelope.stream_id == open.stream);
    let places: Vec<u64> = places.map(|event| event.envelope.position).collect();
    assert_eq!(places, [settled.first_position], "once, where it was told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_is_no_place_to_append_until_it_is_promoted() {
    let tenant = Ulid::generate();
    let mut server = Server::with(&[tenant]).await;
    let log = log_on(&server.config, &patient(LONG));
    log.append(append(tenant)).await.unwrap();
    // The server goes and comes back as a standby, as an address does that a
    // failover has moved too early.
    signal("-INT", &[i32::try_from(server.postgres.pid().unwrap()).unwrap()]);
    server.postgres.ended().await;
    std::fs::write(server.data().join("standby.signal"), "").unwrap();
    server.postgres.restart().unwrap();
    let watcher = connect(&server.config).await;
    let appending = {
        let log = log.clone();
        tokio::spawn(async move { log.append(append(tenant)).await })
    };
    // It has found out that the server only reads.
    let refused = "SELECT count(*) FROM pg_stat_database WHERE xact_rollback > $1";
    let before: i64 = watcher
        .query_one("SELECT max(xact_rollback) FROM pg_stat_database", &[])
        .await
        .unwrap()
        .get(0);
    while watcher.query_one(refused, &[&(before + 2)]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!appending.is_finished());
    watcher.execute("SELECT pg_promote()", &[]).await.unwrap();
    let appended = appending.await.unwrap().unwrap();
    assert_eq!(appended.first_position, 2);
    assert!(!appended.duplicate);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_finished_at_shutdown() {
    let database = Database::new().await.unwrap();
    let (tenant, free) = (database.tenant().await.unwrap(), database.tenant().await.unwrap());
    let shutdown = tokio_util::sync::CancellationToken::new();
    let config = database.config();
    let signals =
        event_store::pg::Signals::start(config.clone(), Duration::from_millis(5), shutdown.clone());
    let connections = pool(&config, Duration::from_millis(100));
    let log = PgLog::start(connections, &signals, &patient(LONG), &shutdown);
    let holder = holding(&database, tenant).await;
    let accepted = {
        let log = log.clone();
        tokio::spawn(async move { log.append(append(tenant)).await })
    };
    // It waits for the lock, so it has been accepted.
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                 AND datname = current_database()";
    let watcher = database.owner().await.unwrap();
    while watcher.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::task::yield_now().await;
    }
    shutdown.cancel();
    loop {
        match log.append(append(free)).await {
            Err(AppendError::Unavailable(_)) => break,
            other => assert!(other.is_ok(), "{other:?}"),
        }
    }
    holder.batch_execute("ROLLBACK").await.unwrap();
    accepted.await.unwrap().unwrap();
}
