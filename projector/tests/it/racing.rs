//! Several projectors at once.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::FutureExt;
use projector::{Settings, Stepped};

use crate::library::Library;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_projectors_fold_every_event_once() {
    let library = Library::open().await;
    let tenants = [library.tenant().await, library.tenant().await, library.tenant().await];
    let written = Arc::new(AtomicBool::new(false));
    let settings = Settings { batch: 7, ..Settings::default() };
    let racers: Vec<_> = (0..3)
        .map(|_| {
            let mut projector = library.projector_with(settings.clone());
            let written = written.clone();
            tokio::spawn(async move {
                let mut total = Stepped::default();
                loop {
                    let last = written.load(Ordering::SeqCst);
                    total += projector.step_until_idle().await.unwrap();
                    if last {
                        return total;
                    }
                }
            })
        })
        .collect();
    for _ in 0..12 {
        for tenant in &tenants {
            tenant.busy(1).await;
        }
    }
    written.store(true, Ordering::SeqCst);
    let mut total = Stepped::default();
    for racer in racers {
        total += racer.await.unwrap();
    }
    // Each of 36 books has five events, four of which are also loans'.
    assert_eq!(total.events, 36 * (5 + 4));
    assert_eq!(total.stuck, 0);
    assert_eq!((library.late("shelf_v1").await, library.late("on_loan_v1").await), (0, 0));
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn rows_kept_in_memory_give_way_to_what_others_wrote() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    let (mut one, mut other) = (library.projector(), library.projector());
    let book = tenant.acquire().await;
    one.step().await.unwrap();
    for _ in 0..3 {
        let loan = tenant.lend(book).await;
        other.step().await.unwrap();
        tenant.give_back(loan, book).await;
        one.step().await.unwrap();
    }
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn a_step_that_is_dropped_leaves_nothing_behind() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(3).await;
    let mut projector = library.projector();
    for polls in 1..60 {
        let mut step = Box::pin(projector.step());
        for _ in 0..polls {
            if (&mut step).now_or_never().is_some() {
                break;
            }
            // The server's answers come in meanwhile.
            library.number("SELECT count(*) FROM log.heads").await;
        }
        drop(step);
        tenant.busy(1).await;
    }
    projector.step_until_idle().await.unwrap();
    library.verified().await;
    library.close().await;
}
