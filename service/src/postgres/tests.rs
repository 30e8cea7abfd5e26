//! The embedded server, on real servers in folders that are thrown away.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio_postgres::{Client, NoTls};

use super::{Options, Postgres, PostgresError, account::Ends, server::Noted};
use crate::scratch::{Scratch, eventually};

fn quick(folder: &Path) -> Options {
    Options::new(folder).throwaway()
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn text(client: &Client, sql: &str) -> String {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

fn kill(pid: u32) {
    let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}

#[tokio::test]
async fn a_folder_becomes_a_database_and_stays_one() {
    let folder = Scratch::new("fresh");
    let postgres = Options::new(&*folder).set("work_mem", "5MB").start().unwrap();
    let client = connect(&postgres.url()).await;
    assert_eq!(
        text(&client, "SELECT current_user || '@' || current_database()").await,
        "tenantry@tenantry"
    );
    assert_eq!(text(&client, "SHOW work_mem").await, "5MB");
    assert_eq!(text(&client, "SHOW fsync").await, "on");
    assert_eq!(text(&client, "SHOW data_checksums").await, "on");
    assert_eq!(text(&client, "SELECT lower('ÄÖÜ')").await, "äöü");
    assert_eq!(text(&client, "SHOW listen_addresses").await, "");
    client.batch_execute("CREATE TABLE kept AS SELECT 'still here' AS word").await.unwrap();
    let before = postgres.pid().unwrap();
    postgres.stop();

    let postgres = Options::new(&*folder).start().unwrap();
    assert_ne!(postgres.pid().unwrap(), before);
    let client = connect(&postgres.url()).await;
    assert_eq!(text(&client, "SELECT word FROM kept").await, "still here");
    assert!(fs::read_to_string(postgres.log()).unwrap().contains("database system was shut down"));
}

#[tokio::test]
async fn one_process_at_a_time_has_the_folder() {
    let folder = Scratch::new("alone");
    let postgres = quick(&folder).start().unwrap();
    for second in [quick(&folder).start(), quick(&folder).share()] {
        let error = second.unwrap_err();
        let expected = format!(
            "data folder {} is in use by process {}; stop that first, or choose another folder",
            folder.display(),
            std::process::id()
        );
        assert_eq!(error.to_string(), expected);
    }
    drop(postgres);
    quick(&folder).start().unwrap();
}

/// Not a test by itself: the process that the next one kills.
#[test]
#[ignore = "runs only as the child of another test"]
fn a_process_with_a_server() {
    let folder = std::env::var_os("SERVER_FOLDER").unwrap();
    let postgres = quick(Path::new(&folder)).start().unwrap();
    writeln!(std::io::stderr(), "server {}", postgres.pid().unwrap()).unwrap();
    std::io::stdin().lines().next();
}

#[tokio::test]
async fn the_server_ends_with_a_killed_parent_and_needs_no_recovery() {
    let folder = Scratch::new("orphan");
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "postgres::tests::a_process_with_a_server", "--ignored", "--nocapture"])
        .env("SERVER_FOLDER", &*folder)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(parent.stderr.take().unwrap()).lines().map_while(Result::ok);
    lines.find(|line| line.starts_with("server ")).unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();

    if super::account::has_setpriv() {
        let pid_file = quick(&folder).prepare().unwrap().0.cluster.join("postmaster.pid");
        eventually("the server has ended", || !pid_file.exists());
    }
    let postgres = quick(&folder).start().unwrap();
    let log = fs::read_to_string(postgres.log()).unwrap();
    assert!(log.contains("database system was shut down at"), "{log}");
    assert!(!log.contains("interrupted"), "{log}");
}

#[tokio::test]
async fn a_server_left_behind_is_stopped_first() {
    let folder = Scratch::new("leftover");
    let options = quick(&folder);
    let (paths, account) = options.prepare().unwrap();
    // As where there is no setpriv: it survives its parent.
    let left = options.run(&paths, account.as_ref(), Ends::WhenTold).unwrap();
    let postgres = quick(&folder).start().unwrap();
    assert!(!left.is_running());
    assert_ne!(postgres.pid().unwrap(), left.pid());
    connect(&postgres.url()).await;
}

#[tokio::test]
async fn a_number_that_another_program_has_by_now_does_not_keep_the_server_from_starting() {
    let folder = Scratch::new("reused");
    quick(&folder).start().unwrap().stop();
    let stale = format!("{}\n/data\n0\n5432\n/data\n\n0 0\nready   \n", std::process::id());
    fs::write(quick(&folder).prepare().unwrap().0.cluster.join("postmaster.pid"), stale).unwrap();
    quick(&folder).start().unwrap();
}

#[tokio::test]
async fn a_killed_server_is_noticed_and_starts_again_with_all_it_had() {
    let folder = Scratch::new("killed");
    let mut postgres = quick(&folder).start().unwrap();
    let client = connect(&postgres.url()).await;
    client.batch_execute("CREATE TABLE kept AS SELECT 'still here' AS word").await.unwrap();
    // A session in the midst of work outlives the server for a moment.
    let busy = connect(&postgres.url()).await;
    let work = tokio::spawn(async move {
        busy.batch_execute("SELECT count(*) FROM generate_series(1, 1000000000)").await
    });
    let active = "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE '%1000000000)'";
    while text(&client, active).await == "0" {}

    kill(postgres.pid().unwrap());
    let end = tokio::time::timeout(Duration::from_secs(10), postgres.ended()).await.unwrap();
    assert_eq!(end, "the server ended with signal: 9 (SIGKILL)");
    assert_eq!(postgres.pid(), None);
    let postgres = tokio::task::spawn_blocking(move || {
        postgres.restart().unwrap();
        postgres
    });
    let postgres = postgres.await.unwrap();
    assert!(work.await.unwrap().is_err());
    let client = connect(&postgres.url()).await;
    assert_eq!(text(&client, "SELECT word FROM kept").await, "still here");
}

#[tokio::test]
async fn a_long_path_and_strange_letters_do_not_matter() {
    let folder = Scratch::new("long");
    let deep = folder.join("a folder with a 'name' that is & far too long ÄÖÜ".repeat(3));
    let postgres = quick(&deep).start().unwrap();
    assert!(postgres.socket_folder().starts_with("/tmp"));
    assert_eq!(text(&connect(&postgres.url()).await, "SELECT 'in'").await, "in");
    let strange = postgres.create_database("a \"b\" & 'c'/ä", None).await.unwrap();
    assert_eq!(
        text(&connect(&strange).await, "SELECT current_database()::text").await,
        "a \"b\" & 'c'/ä"
    );
    let socket = postgres.socket_folder().to_owned();
    drop(postgres);
    fs::remove_dir_all(socket).unwrap();
}

#[tokio::test]
async fn the_data_folder_may_lie_where_the_servers_user_cannot_go() {
    let folder = Scratch::new("closed");
    fs::set_permissions(&*folder, fs::Permissions::from_mode(0o700)).unwrap();
    let start = quick(&folder.join("inner")).start();
    if rustix::process::geteuid().is_root() && !super::account::has_setpriv() {
        let text = start.unwrap_err().to_string();
        assert!(text.contains("PostgreSQL runs, cannot enter /tmp/tenantry-closed"), "{text}");
        return;
    }
    let mut postgres = start.unwrap();
    assert!(postgres.socket_folder().starts_with(&*folder));
    let client = connect(&postgres.url()).await;
    client.batch_execute("CREATE TABLE kept AS SELECT 'still here' AS word").await.unwrap();
    postgres.create_database("another", Some("template0")).await.unwrap();
    kill(postgres.pid().unwrap());
    postgres.ended().await;
    postgres.restart().unwrap();
    let client = connect(&postgres.url()).await;
    assert_eq!(text(&client, "SELECT word FROM kept").await, "still here");
}

#[test]
fn what_another_version_wrote_is_not_touched() {
    let folder = Scratch::new("version");
    quick(&folder).start().unwrap().stop();
    fs::write(quick(&folder).prepare().unwrap().0.cluster.join("PG_VERSION"), "9\n").unwrap();
    let error = quick(&folder).start().unwrap_err();
    assert!(matches!(error, PostgresError::OtherVersion { written: 9, .. }));
    let text = error.to_string();
    assert!(text.contains("was written by PostgreSQL 9, but only"), "{text}");
    assert!(text.contains("apt-get install postgresql-9"), "{text}");
}

#[test]
fn a_setting_the_server_refuses_is_told_in_its_own_words() {
    let folder = Scratch::new("setting");
    let error = quick(&folder).set("work_mem", "plenty").start().unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("PostgreSQL did not start (the server ended with exit status: 1)"),
        "{text}"
    );
    assert!(text.contains("invalid value for parameter \"work_mem\": \"plenty\""), "{text}");
    // The folder is as good as before.
    quick(&folder).start().unwrap();
}

#[tokio::test]
async fn databases_are_copied_side_by_side_and_filled_once() {
    let folder = Scratch::new("databases");
    let postgres = quick(&folder).start().unwrap();
    let filled = AtomicU32::new(0);
    let fill = || {
        postgres.ensure_database("template_words", |url| {
            filled.fetch_add(1, Ordering::Relaxed);
            async move {
                let client = connect(&url).await;
                client
                    .batch_execute("CREATE TABLE words AS SELECT 'copied' AS word")
                    .await
                    .unwrap();
                Ok::<_, PostgresError>(())
            }
        })
    };
    for url in futures_util::future::join_all((0..4).map(|_| fill())).await {
        assert_eq!(url.unwrap(), postgres.url_of("template_words"));
    }
    assert_eq!(filled.load(Ordering::Relaxed), 1);

    let names: Vec<_> = (0..6).map(|number| format!("copy_{number}")).collect();
    let copies = names.iter().map(|name| postgres.create_database(name, Some("template_words")));
    for url in futures_util::future::join_all(copies).await {
        assert_eq!(text(&connect(&url.unwrap()).await, "SELECT word FROM words").await, "copied");
    }
    let taken = postgres.create_database("copy_1", None).await.unwrap_err();
    assert_eq!(
        taken.to_string(),
        "cannot create database copy_1: ERROR: database \"copy_1\" already exists"
    );
    postgres.drop_database("copy_1").await.unwrap();
    postgres.drop_database("copy_1").await.unwrap();
    postgres.create_database("copy_1", None).await.unwrap();
}

#[tokio::test]
async fn a_shared_server_ends_after_the_last_of_its_users() {
    let folder = Scratch::new("shared");
    let users: Vec<Postgres> = std::thread::scope(|scope| {
        let starts: Vec<_> =
            (0..4).map(|_| scope.spawn(|| quick(&folder).share().unwrap())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let pid = users[0].pid().unwrap();
    assert!(users.iter().all(|user| user.pid() == Some(pid)));
    assert!(matches!(quick(&folder).start(), Err(PostgresError::InUse { .. })));

    let mut users = users.into_iter();
    let last = users.next().unwrap();
    drop(users);
    connect(&last.url()).await;
    let (paths, _) = quick(&folder).prepare().unwrap();
    drop(last);
    eventually("the server has ended", || Noted::of(&paths).is_none());
    // Its last words follow.
    let ended = || fs::read_to_string(&paths.log).unwrap().contains("database system is shut down");
    eventually("it was asked to", ended);
}
