//! Tables filled anew, while they are in use.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};
use std::time::Duration;

use deadpool_postgres::Pool;
use domain::kernel::{Id, Registry};
use event_store::{Wakeups, keys::KeyRing};
use projector::{Phase, RebuildError, rebuild, run};
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::library::{Library, connect};

const LEFTOVERS: &str = "SELECT count(*) FROM pg_class WHERE relname LIKE '%rebuild%'";

#[tokio::test]
async fn a_rebuilt_table_is_the_live_one_again() {
    let library = Library::open().await;
    for books in [1, 40, 7] {
        library.tenant().await.busy(books).await;
    }
    library.tenant().await;
    library.projector().step_until_idle().await.unwrap();
    let owner = library.pool("tenantry_owner");
    for name in ["shelf", "on_loan"] {
        let table = format!("{name}_v1");
        let before = (library.anatomy(&table).await, library.table(&table).await);
        let phases = Arc::new(Mutex::new(vec![]));
        let seen = phases.clone();
        let progress = move |progress: projector::Progress| {
            assert!(progress.done <= progress.total);
            seen.lock().unwrap().push(progress.phase);
        };
        let rebuilt =
            rebuild(&owner, &library.registry, &library.ring, name, progress).await.unwrap();
        assert_eq!((rebuilt.tenants, rebuilt.events, rebuilt.rows), (4, 240, 48));
        assert_eq!((library.anatomy(&table).await, library.table(&table).await), before);
        let mut phases = phases.lock().unwrap().clone();
        phases.dedup();
        assert_eq!(phases, [Phase::Folding, Phase::Indexing, Phase::Swapping]);
    }
    assert_eq!(library.number(LEFTOVERS).await, 0);
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn a_projector_goes_on_from_the_rebuilt_rows() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    let mut projector = library.projector();
    let book = tenant.acquire().await;
    projector.step().await.unwrap();
    // The projector holds the row in memory, and does not know of this.
    library.admin.batch_execute("UPDATE read.shelf_v1 SET times_lent = 70").await.unwrap();
    let owner = library.pool("tenantry_owner");
    rebuild(&owner, &library.registry, &library.ring, "shelf", |_| {}).await.unwrap();
    tenant.lend(book).await;
    projector.step().await.unwrap();
    assert_eq!(library.number("SELECT times_lent FROM read.shelf_v1").await, 1);
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn a_rebuild_leaves_out_what_the_projector_leaves_out() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(3).await;
    tenant.lend(Id::new(Ulid::generate())).await;
    tenant.busy(3).await;
    let mut projector = library.projector();
    projector.step_until_idle().await.unwrap();
    let before = library.table("shelf_v1").await;
    let owner = library.pool("tenantry_owner");
    rebuild(&owner, &library.registry, &library.ring, "shelf", |_| {}).await.unwrap();
    assert_eq!(library.table("shelf_v1").await, before);
    assert_eq!(tenant.checkpoint("shelf_v1").await, 31);
    assert_eq!(library.number("SELECT count(*) FROM log.quarantined_streams").await, 1);
    library.verified().await;
    library.close().await;
}

/// Reads a table that only grows, and sees it do so.
async fn read_on(reader: Client, over: Arc<AtomicBool>) {
    let statement = reader.prepare("SELECT count(*) FROM read.shelf_v1").await.unwrap();
    let mut before: i64 = 0;
    while !over.load(Ordering::SeqCst) {
        let rows = reader.query_one(&statement, &[]).await.unwrap().get(0);
        assert!(rows >= before, "{rows} rows, after there were {before}");
        before = rows;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rebuild_beside_a_running_projector_loses_nothing() {
    let library = Library::open().await;
    let tenants = [library.tenant().await, library.tenant().await];
    for tenant in &tenants {
        tenant.busy(20).await;
    }
    library.projector().step_until_idle().await.unwrap();
    let shutdown = CancellationToken::new();
    let wakeups = Wakeups::new(Duration::from_millis(2));
    let running: Vec<_> = (0..2)
        .map(|_| tokio::spawn(run(library.projector(), wakeups.subscribe(), shutdown.clone())))
        .collect();

    let over = Arc::new(AtomicBool::new(false));
    let reading = tokio::spawn(read_on(connect(&library.config).await, over.clone()));
    let owner = library.pool("tenantry_owner");
    let rebuilding = async {
        for _ in 0..6 {
            rebuild(&owner, &library.registry, &library.ring, "shelf", |_| {}).await.unwrap();
        }
        over.store(true, Ordering::SeqCst);
    };
    let writing = async {
        while !over.load(Ordering::SeqCst) {
            for tenant in &tenants {
                tenant.busy(1).await;
            }
        }
        library.tenant().await.busy(1).await;
    };
    tokio::join!(rebuilding, writing);
    reading.await.unwrap();
    library.eventually(&Library::late_in("shelf_v1"), 0).await;
    library.eventually(&Library::late_in("on_loan_v1"), 0).await;
    shutdown.cancel();
    for running in running {
        running.await.unwrap();
    }
    library.verified().await;
    library.close().await;
}

/// Rebuilds as soon as nobody else does: the server may still be leaving a
/// session that was cut off.
async fn once_free(
    pool: &Pool,
    registry: &Arc<Registry>,
    ring: &Arc<KeyRing>,
    tell: impl Fn(projector::Progress) + Clone + Send + Sync + 'static,
) -> Result<(), RebuildError> {
    loop {
        match rebuild(pool, registry, ring, "shelf", tell.clone()).await {
            Err(RebuildError::Busy(_)) => tokio::task::yield_now().await,
            rebuilt => return rebuilt.map(drop),
        }
    }
}

#[tokio::test]
async fn a_rebuild_that_was_cut_short_leaves_a_table_for_the_next_to_remove() {
    let library = Library::open().await;
    library.tenant().await.busy(5).await;
    library.projector().step_until_idle().await.unwrap();
    let owner = library.pool("tenantry_owner");
    let (reached, mut phase) = tokio::sync::mpsc::unbounded_channel();
    for until in [Phase::Folding, Phase::Indexing, Phase::Swapping] {
        let reached = reached.clone();
        let tell = move |progress: projector::Progress| {
            reached.send(progress.phase).unwrap();
        };
        // Somebody reads the old table, so that the swap has to wait.
        let mut reader = connect(&library.config).await;
        let reading = reader.transaction().await.unwrap();
        reading.query("SELECT count(*) FROM read.shelf_v1", &[]).await.unwrap();
        let (pool, registry) = (owner.clone(), library.registry.clone());
        let ring = library.ring.clone();
        let cut = tokio::spawn(async move { once_free(&pool, &registry, &ring, tell).await });
        while phase.recv().await.unwrap() != until {}
        cut.abort();
        assert!(cut.await.unwrap_err().is_cancelled());
    }
    assert_eq!(library.table("shelf_v1").await.len(), 5);
    once_free(&owner, &library.registry, &library.ring, |_| {}).await.unwrap();
    assert_eq!(library.number(LEFTOVERS).await, 0);
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn a_swap_waits_for_readers_and_not_they_for_it() {
    let library = Library::open().await;
    library.tenant().await.busy(2).await;
    library.projector().step_until_idle().await.unwrap();
    let mut reader = connect(&library.config).await;
    let reading = reader.transaction().await.unwrap();
    reading.query("SELECT count(*) FROM read.shelf_v1", &[]).await.unwrap();

    let (tried, mut attempts) = tokio::sync::mpsc::unbounded_channel();
    let (pool, registry) = (library.pool("tenantry_owner"), library.registry.clone());
    let ring = library.ring.clone();
    let rebuilding = tokio::spawn(async move {
        let tell = move |progress: projector::Progress| {
            if progress.phase == Phase::Swapping {
                let _ = tried.send(());
            }
        };
        rebuild(&pool, &registry, &ring, "shelf", tell).await
    });
    attempts.recv().await.unwrap();
    attempts.recv().await.unwrap();
    // Between two attempts everybody else reads as ever.
    assert_eq!(library.table("shelf_v1").await.len(), 2);
    let busy =
        rebuild(&library.pool("tenantry_owner"), &library.registry, &library.ring, "shelf", |_| {})
            .await;
    assert!(matches!(busy, Err(RebuildError::Busy(_))));
    reading.commit().await.unwrap();
    rebuilding.await.unwrap().unwrap();
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn only_the_owner_rebuilds_what_there_is() {
    let library = Library::open().await;
    let pool = library.pool("tenantry_projector");
    let error =
        rebuild(&pool, &library.registry, &library.ring, "shelf", |_| {}).await.unwrap_err();
    assert!(error.to_string().ends_with("this one has tenantry_projector"), "{error}");
    let error =
        rebuild(&pool, &library.registry, &library.ring, "shelves", |_| {}).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no read model shelves, but: shelf, on_loan");
    library.close().await;
}
