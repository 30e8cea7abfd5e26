//! Timers.

use super::{
    street::{NOW, Street, forget, id, tell_in},
    toy::Plain,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_rings_when_it_is_due_and_not_before() {
    let street = Street::new().await;
    let worker = street.worker::<Plain>();
    let tenant = street.tenant().await;
    let correlation = street.call(tenant, id(1), vec![tell_in(60, "minute", "ring")]).await;
    street.pass(59);
    worker.step_until_idle().await.unwrap();
    assert_eq!(street.heard(tenant, id(1)).await, Vec::<String>::new());
    street.pass(1);
    assert_eq!(worker.step_until_idle().await.unwrap().timers, 1);
    assert_eq!(street.heard_at(tenant, id(1)).await, [("ring".to_owned(), NOW.plus_seconds(60))]);
    let events = street.events(tenant).await;
    let rung = &events[1].envelope;
    assert_eq!(rung.actor.to_string(), "system:timer:minute");
    assert_eq!(rung.causation_id, Some(events[0].envelope.event_id));
    assert_eq!(rung.correlation_id, correlation);
    assert_eq!(street.count("SELECT count(*) FROM log.timers").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_is_set_again_moves() {
    let street = Street::new().await;
    let worker = street.worker::<Plain>();
    let tenant = street.tenant().await;
    street.call(tenant, id(1), vec![tell_in(60, "call", "early")]).await;
    worker.step_until_idle().await.unwrap();
    street.call(tenant, id(1), vec![tell_in(120, "call", "late")]).await;
    street.pass(60);
    worker.step_until_idle().await.unwrap();
    assert_eq!(street.heard(tenant, id(1)).await, Vec::<String>::new());
    street.pass(60);
    worker.step_until_idle().await.unwrap();
    assert_eq!(street.heard(tenant, id(1)).await, ["late"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_timer_does_not_ring() {
    let street = Street::new().await;
    let worker = street.worker::<Plain>();
    let tenant = street.tenant().await;
    street
        .call(tenant, id(1), vec![tell_in(60, "call", "wrong"), tell_in(60, "other", "right")])
        .await;
    worker.step_until_idle().await.unwrap();
    street.call(tenant, id(1), vec![forget("call"), forget("unknown")]).await;
    street.pass(60);
    worker.step_until_idle().await.unwrap();
    assert_eq!(street.heard(tenant, id(1)).await, ["right"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_timer_does_not_ring_even_when_the_worker_was_away() {
    let street = Street::new().await;
    let tenant = street.tenant().await;
    street.call(tenant, id(1), vec![tell_in(60, "call", "wrong")]).await;
    street.call(tenant, id(1), vec![forget("call")]).await;
    street.call(tenant, id(2), vec![tell_in(60, "call", "early")]).await;
    street.call(tenant, id(2), vec![tell_in(90, "call", "right")]).await;
    street.pass(3_600);
    street.worker::<Plain>().step_until_idle().await.unwrap();
    assert_eq!(street.heard_at(tenant, id(1)).await, [("right".to_owned(), NOW.plus_seconds(90))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_was_set_in_the_past_rings_at_once_as_if_in_time() {
    let street = Street::new().await;
    let worker = street.worker::<Plain>();
    let tenant = street.tenant().await;
    let long_ago = -60_000_000_000;
    street
        .call(tenant, id(1), vec![tell_in(-60, "a", "late"), tell_in(long_ago, "b", "ancient")])
        .await;
    worker.step_until_idle().await.unwrap();
    let mut heard = street.heard_at(tenant, id(1)).await;
    heard.sort();
    assert_eq!(heard[0], ("ancient".to_owned(), domain::kernel::Timestamp::from_micros(0)));
    assert_eq!(heard[1], ("late".to_owned(), NOW.plus_seconds(-60)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_can_be_set_anew_after_it_has_rung() {
    let street = Street::new().await;
    let worker = street.worker::<Plain>();
    let tenant = street.tenant().await;
    for word in ["once", "twice"] {
        street.call(tenant, id(1), vec![tell_in(-1, "again", word)]).await;
        worker.step_until_idle().await.unwrap();
    }
    assert_eq!(street.heard(tenant, id(1)).await, ["once", "twice"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_timer_is_kept_and_does_not_ring_again() {
    let street = Street::new().await;
    let worker = street.worker::<Plain>();
    let tenant = street.tenant().await;
    street.call(tenant, id(1), vec![tell_in(-1, "call", "no")]).await;
    worker.step_until_idle().await.unwrap();
    let sql = "SELECT origin || ' ' || code FROM log.refused_intents";
    let row = street.owner.query_one(sql, &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "timer:call LISTENER_DEAF");
    assert_eq!(street.count("SELECT count(*) FROM log.timers").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_timers_than_one_batch_all_ring() {
    let street = Street::new().await;
    let worker =
        street.worker_with::<Plain>(crate::Settings { batch: 7, ..crate::Settings::default() });
    let tenant = street.tenant().await;
    let calls = (0..50).map(|n| tell_in(-1, &format!("timer {n}"), &format!("word {n}")));
    street.call(tenant, id(1), calls.collect()).await;
    assert_eq!(worker.step_until_idle().await.unwrap().timers, 50);
    assert_eq!(street.heard(tenant, id(1)).await.len(), 50);
}
