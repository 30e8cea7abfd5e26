//! The network between the services and PostgreSQL fails.

use std::time::Duration;

use service::postgres::Postgres;
use tempfile::TempDir;
use tests::{Flow, Proxy, Served, Serving};

use super::{PROGRAM, SOME, load, options, times};

struct Wired {
    served: Served,
    proxy: Proxy,
    _postgres: Postgres,
    _folder: TempDir,
}

async fn wired() -> Wired {
    let folder = tempfile::tempdir().unwrap();
    let postgres = options(&folder).start().unwrap();
    let proxy = Proxy::to(postgres.socket_folder()).await.unwrap();
    let served = tokio::task::block_in_place(|| {
        Serving::new(PROGRAM, &postgres.url())
            .through(&proxy.url("tenantry"))
            .set("TENANTRY__COMMAND_API__REQUEST_TIMEOUT_MS", "1500")
            .start()
            .unwrap()
    });
    Wired { served, proxy, _postgres: postgres, _folder: folder }
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_wires_lose_and_repeat_nothing() {
    let Wired { served, proxy, .. } = &wired().await;
    let mut load = load(served);
    for turn in 0..times(8) {
        load.further(SOME / 2).await.unwrap();
        let cut = if turn % 2 == 0 { proxy.cut() } else { proxy.half_close() };
        assert!(cut > 0, "there was nothing to cut");
    }
    load.further(SOME).await.unwrap();
    let told = load.stop().await.unwrap();
    tests::check(served, &told).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn stalled_wires_lose_and_repeat_nothing() {
    let Wired { served, proxy, .. } = &wired().await;
    let mut load = load(served);
    for flow in [Flow::ToServer, Flow::FromServer, Flow::Neither].repeat(times(1)) {
        load.further(SOME).await.unwrap();
        proxy.let_flow(flow);
        // Commands arrive and their answers do not, or neither does: who gave
        // them is told that nobody knows, and asks again.
        load.trouble().await.unwrap();
        if flow == Flow::ToServer {
            // What was on its way is stored, and its answer lost for good.
            tokio::time::sleep(Duration::from_millis(200)).await;
            assert!(proxy.cut() > 0);
        }
        proxy.let_flow(Flow::Both);
    }
    load.further(SOME).await.unwrap();
    let told = load.stop().await.unwrap();
    assert!(told.iter().any(|one| one.sent > 1));
    tests::check(served, &told).await.unwrap();
}
