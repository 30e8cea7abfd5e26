//! A worker that runs.

use std::{sync::Arc, time::Duration};

use service::shutdown::Shutdown;
use tokio::time::{Instant, sleep, timeout};

use super::{
    street::{Street, id, tell, tell_in},
    toy::Plain,
};
use crate::run;

#[tokio::test(flavor = "multi_thread")]
async fn events_and_timers_are_answered_soon_and_the_end_is_clean() {
    let street = Street::new().await;
    let shutdown = Shutdown::new();
    let running = tokio::spawn(run(Arc::new(street.worker::<Plain>()), shutdown.clone()));
    let tenant = street.tenant().await;
    street.call(tenant, id(1), vec![tell(1, "soon"), tell_in(1, "later", "rung")]).await;
    street.pass(5);
    let deadline = Instant::now() + Duration::from_secs(20);
    while street.heard(tenant, id(1)).await != ["soon", "rung"] {
        assert!(Instant::now() < deadline, "{:?}", street.heard(tenant, id(1)).await);
        sleep(Duration::from_millis(5)).await;
    }
    shutdown.begin();
    timeout(Duration::from_secs(5), running).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_waits_for_what_is_under_way() {
    let street = Street::new().await;
    let tenant = street.tenant().await;
    for number in 0..300 {
        street.call(tenant, id(number), vec![tell(number, "word")]).await;
    }
    let shutdown = Shutdown::new();
    let running = tokio::spawn(run(Arc::new(street.worker::<Plain>()), shutdown.clone()));
    let deadline = Instant::now() + Duration::from_secs(20);
    while street.heard(tenant, id(0)).await.is_empty() {
        assert!(Instant::now() < deadline, "nothing was heard");
        sleep(Duration::from_millis(1)).await;
    }
    shutdown.begin();
    timeout(Duration::from_secs(5), running).await.unwrap().unwrap();
    // All that was begun is finished and written down: no word without a place.
    let heard = street.events(tenant).await.len() - 300;
    let position = street.position(tenant, "pass-on").await.unwrap();
    assert!(i64::try_from(heard).unwrap() <= position, "{heard} heard at {position}");
}
