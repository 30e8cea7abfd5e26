//! A database that is slow, unfinished or away.

use std::time::Duration;

use crate::stage::{Stage, eventually};

#[tokio::test]
async fn a_query_that_takes_too_long_is_stopped() {
    let stage = Stage::with(|config| {
        config.query_api.request_timeout = Duration::from_millis(600);
        config.database.query_connections = 1;
    })
    .await;
    let tenant = stage.tenant().await;
    // Whoever holds the table keeps everybody waiting.
    stage.admin.batch_execute("BEGIN; LOCK TABLE read.shelf_v1").await.unwrap();
    let hanging = eventually("it waits", || async { stage.waiting().await == 1 });
    let (answer, ()) = tokio::join!(tenant.ask("{ shelf { totalCount } }"), hanging);
    assert_eq!(answer.status, 503);
    let (code, message) = answer.error();
    assert_eq!((code, message), ("UNAVAILABLE", "the query took longer than 540 ms; ask for less"));
    // Nobody waits any more, and the only connection is free for others.
    eventually("the statement is cancelled", || async { stage.waiting().await == 0 }).await;
    assert_eq!(tenant.data("{ onLoan { totalCount } }").await["onLoan"]["totalCount"], 0);
    stage.admin.batch_execute("ROLLBACK").await.unwrap();
    stage.close().await;
}

#[tokio::test]
async fn a_read_model_that_is_not_built_is_unavailable() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    stage.admin.batch_execute("ALTER TABLE read.shelf_v1 RENAME TO away").await.unwrap();
    let answer = tenant.ask("{ shelf { totalCount } }").await;
    let expected = "the read model is not built yet; try again later";
    assert_eq!(answer.error(), ("UNAVAILABLE", expected));
    stage.admin.batch_execute("ALTER TABLE read.away RENAME TO shelf_v1").await.unwrap();
    stage.admin.batch_execute("ALTER TABLE read.shelf_v1 DROP COLUMN withdrawn").await.unwrap();
    let answer = tenant.ask("{ shelf { nodes { withdrawn } } }").await;
    let expected = "something went wrong here; the error is logged";
    assert_eq!(answer.error(), ("INTERNAL", expected));
    stage.close().await;
}

#[tokio::test]
async fn queries_go_on_after_the_database_was_away() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    tenant.data("{ shelf { totalCount } }").await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    stage.admin.query(kill, &[]).await.unwrap();
    eventually("queries are answered again", || async {
        tenant.ask("{ shelf { totalCount } }").await.errors().is_empty()
    })
    .await;
    stage.close().await;
}
