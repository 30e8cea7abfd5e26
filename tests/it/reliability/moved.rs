//! The database moves: out of a dump into a new cluster, and to a standby that
//! takes over.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use tests::{Serving, Told};
use uuid::Uuid;

use super::{PROGRAM, SOME, Site, eventually, load, options, skipped};

/// The major version of a program of PostgreSQL, 0 where there is none.
fn major(program: &str) -> u32 {
    let output = Command::new(program).arg("--version").output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let said = said.unwrap_or_default();
    let version = said.split_once("(PostgreSQL) ").map(|(_, version)| version.to_owned());
    let version = version.unwrap_or_default();
    version.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Runs a line of shell with two URLs in it.
fn shell(line: &str, from: &str, to: &str, file: &Path) {
    let output = Command::new("sh")
        .args(["-c", line])
        .env("FROM", from)
        .env("TO", to)
        .env("FILE", file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_restored_into_a_new_cluster_goes_on() {
    let mut site = Site::start();
    let owner = site.served.owner().await.unwrap();
    let number: String = owner.query_one("SHOW server_version_num", &[]).await.unwrap().get(0);
    let server = number.parse::<u32>().unwrap() / 10_000;
    if major("pg_dump") < server {
        return skipped(
            "dump and restore",
            &format!("no pg_dump of version {server} is installed"),
        );
    }
    let mut before = site.load();
    before.further(SOME * 2).await.unwrap();

    // The dump is taken while everybody works.
    let folder = tempfile::tempdir().unwrap();
    let copy = options(&folder).start().unwrap();
    let (from, to) = (site.postgres.url(), copy.url());
    let file = tempfile::tempdir().unwrap();
    let file = file.path().join("dump");
    tokio::task::block_in_place(|| {
        // The superuser exists in both; that is the one complaint.
        shell(
            "pg_dumpall --globals-only -d \"$FROM\" | psql -qX -d \"$TO\" 2>&1",
            &from,
            &to,
            &file,
        );
        shell("pg_dump -Fc -f \"$FILE\" \"$FROM\"", &from, &to, &file);
        shell("pg_restore --exit-on-error -d \"$TO\" \"$FILE\"", &from, &to, &file);
    });
    before.further(SOME).await.unwrap();
    let mut told = before.stop().await.unwrap();
    site.served.kill().unwrap();

    // Of what was told, the copy has all up to where the dump was taken.
    let (copied, connection) = tokio_postgres::connect(&to, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let heads = copied.query("SELECT tenant_id, position FROM log.heads", &[]).await.unwrap();
    let heads: BTreeMap<Uuid, i64> = heads.iter().map(|row| (row.get(0), row.get(1))).collect();
    let all = told.len();
    told.retain(|one| {
        let tenant = Uuid::from_u128(site.served.tenants[one.tenant].0);
        one.position <= heads[&tenant].unsigned_abs()
    });
    assert!(!told.is_empty() && told.len() < all, "the dump is of a moment in between");

    // The services go on on the copy, from exactly there.
    site.served.move_to(&to);
    tokio::task::block_in_place(|| site.served.go()).unwrap();
    let mut after = load(&site.served);
    after.further(SOME).await.unwrap();
    told.extend(after.stop().await.unwrap());
    tests::check(&site.served, &told).await.unwrap();
    site.served.kill().unwrap();
    drop(copy);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_standby_has_all_that_was_acknowledged() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // A copy of the stopped primary becomes the standby.
    let cluster = {
        let primary = options(&first).start().unwrap();
        fs::read_link(format!("/proc/{}/cwd", primary.pid().unwrap())).unwrap()
    };
    let part = cluster.parent().unwrap();
    let copied = Command::new("cp").arg("-a").arg(part).arg(second.path()).status().unwrap();
    assert!(copied.success());
    let copy = second.path().join(part.file_name().unwrap()).join("cluster");
    fs::write(copy.join("standby.signal"), "").unwrap();

    let primary = options(&first).start().unwrap();
    let place = primary.socket_folder().display().to_string();
    let standby = options(&second)
        .set("primary_conninfo", format!("host={place} user=tenantry"))
        .start()
        .unwrap();
    let both = format!(
        "host={place},{} user=tenantry dbname=tenantry target_session_attrs=read-write",
        standby.socket_folder().display()
    );
    let mut served = Serving::new(PROGRAM, &primary.url()).through(&both).start().unwrap();
    let owner = served.owner().await.unwrap();
    // From now on a commit waits for the standby.
    owner.batch_execute("ALTER SYSTEM SET synchronous_standby_names = '*'").await.unwrap();
    owner.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    let synchronous = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
    eventually("the standby is synchronous", async || {
        owner.query_one(synchronous, &[]).await.unwrap().get::<_, i64>(0) == 1
    })
    .await;

    let mut load = load(&served);
    load.further(SOME * 2).await.unwrap();
    let pid = primary.pid().unwrap().to_string();
    assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    primary.ended().await;
    load.trouble().await.unwrap();
    let (promoting, connection) =
        tokio_postgres::connect(&standby.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    promoting.execute("SELECT pg_promote()", &[]).await.unwrap();
    load.further(SOME * 2).await.unwrap();
    let told: Told = load.stop().await.unwrap();
    served.own_at(&standby.url());
    tests::check(&served, &told).await.unwrap();
    served.kill().unwrap();
}
