//! Read tables filled anew by the real program, which is killed in the middle,
//! and what it tells about them.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use tests::{Client, Up};
use tokio_postgres::NoTls;

use super::PROGRAM;

/// The first tenant is loaded, the others have to wait for a lock.
const HINDER: &str = "
    CREATE SEQUENCE log.hindered;
    CREATE FUNCTION log.hinder() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        IF nextval('log.hindered') > 1 THEN
            PERFORM pg_advisory_xact_lock(4711);
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER hinder BEFORE INSERT ON log.built_tenants
        FOR EACH ROW EXECUTE FUNCTION log.hinder();
    SELECT pg_advisory_lock(4711)";

const WAITING: &str = "SELECT count(*) FROM log.built_tenants WHERE EXISTS (
        SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 4711
    )";

/// What `tenantry projections --json` says about a read model.
fn told(up: &Up, read_model: &str) -> Value {
    let (code, out, err) = up.run(&["projections", "--json"]).unwrap();
    assert_eq!(code, Some(0), "{err}");
    let lines = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.into_iter().find(|line| line["read_model"] == read_model).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_is_killed_goes_on_where_it_was() {
    let up = Up::start(PROGRAM, &["--demo"]).unwrap();
    let (owner, connection) = tokio_postgres::connect(&up.endpoints.postgres, NoTls).await.unwrap();
    tokio::spawn(connection);
    let count = "SELECT count(*) FROM read.invoices_v1";
    let before: i64 = owner.query_one(count, &[]).await.unwrap().get(0);
    owner.batch_execute(HINDER).await.unwrap();
    let mut rebuilding = Command::new(PROGRAM)
        .args(["rebuild", "invoices", "--data"])
        .arg(up.data())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while owner.query_one(WAITING, &[]).await.unwrap().get::<_, i64>(0) != 1 {
        assert!(rebuilding.try_wait().unwrap().is_none(), "it ended");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let paused = tokio::task::block_in_place(|| up.run(&["projections", "pause", "invoices"]));
    assert_eq!(paused.unwrap().0, Some(0));
    rebuilding.kill().unwrap();
    rebuilding.wait().unwrap();
    let unhinder = "SELECT pg_advisory_unlock(4711); DROP FUNCTION log.hinder CASCADE;
        DROP SEQUENCE log.hindered";
    owner.batch_execute(unhinder).await.unwrap();

    // Nobody has noticed anything.
    let between: i64 = owner.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(between, before);
    let (interrupted, shown) = tokio::task::block_in_place(|| {
        (told(&up, "invoices"), up.run(&["projections"]).unwrap().1)
    });
    assert_eq!((&interrupted["state"], &interrupted["version"]), (&"live".into(), &1.into()));
    assert_eq!(interrupted["build"]["paused"], true);
    assert!(interrupted["build"]["total_events"].as_u64().unwrap() > 0, "{interrupted}");
    assert!(shown.contains("paused"), "{shown}");
    let resumed = tokio::task::block_in_place(|| up.run(&["projections", "resume", "invoices"]));
    assert_eq!(resumed.unwrap().0, Some(0));

    let (code, _, said) = tokio::task::block_in_place(|| up.run(&["rebuild", "invoices"])).unwrap();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("(1 tenants had been loaded before)"), "{said}");
    let after: i64 = owner.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(after, before);
    assert_eq!(told(&up, "invoices")["build"], Value::Null);
    let (code, out, said) = tokio::task::block_in_place(|| up.run(&["verify"])).unwrap();
    assert_eq!(code, Some(0), "{out}{said}");

    let client = Client::of(&up.endpoints, 0);
    let asked = "{ projections { readModel version state position eventsBehind secondsBehind \
                 build { phase paused loaded } } }";
    let answer = client.query(asked, None).await.unwrap();
    let projections = answer.body["data"]["projections"].as_array().unwrap();
    let invoices = projections.iter().find(|one| one["readModel"] == "invoices").unwrap();
    assert_eq!((&invoices["state"], &invoices["version"]), (&"LIVE".into(), &1.into()));
    assert_eq!((&invoices["eventsBehind"], &invoices["build"]), (&"0".into(), &Value::Null));
    assert_eq!(invoices["secondsBehind"], 0.0);
}
