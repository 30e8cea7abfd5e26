//! What cannot be done now is done later, and holds up nothing else.

use std::{sync::atomic::Ordering, time::Duration};

use domain::kernel::Actor;
use event_store::{Append, CommandRecord, Log, NewEvent, pg::Fence};
use ulid::Ulid;

use super::{
    street::{NOW, Street, id, tell, tell_in},
    toy::{Call, Chatty, Plain, STUMBLING},
};
use crate::Settings;

/// Lets all pauses end.
async fn rest() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passing_failure_is_waited_out() {
    let street = Street::new().await;
    let worker = street.worker::<Plain>();
    let tenant = street.tenant().await;
    street.call(tenant, id(1), vec![tell(1, "one")]).await;
    street.call(tenant, id(1), vec![tell(1, "two"), tell(1, "three")]).await;
    street.log.fail(3);
    for failures_left in (0..3).rev() {
        let progress = worker.step_until_idle().await.unwrap();
        assert_eq!((progress.commands, progress.events), (0, 0), "{failures_left} left");
        rest().await;
    }
    worker.step_until_idle().await.unwrap();
    assert_eq!(street.heard(tenant, id(1)).await, ["one", "two", "three"]);
    assert_eq!(street.count("SELECT count(*) FROM log.consumer_failures").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_before_a_failure_counts() {
    let street = Street::new().await;
    let worker = street.worker::<Plain>();
    let tenant = street.tenant().await;
    street.call(tenant, id(1), vec![tell_in(50, "soon", "timed"), tell(1, "no")]).await;
    street.call(tenant, id(1), vec![tell(1, "one"), tell_in(50, "later", "timed")]).await;
    street.log.fail(1);
    worker.step().await.unwrap();
    assert_eq!(street.position(tenant, "pass-on").await, Some(1));
    assert_eq!(street.count("SELECT count(*) FROM log.timers").await, 1);
    assert_eq!(street.count("SELECT count(*) FROM log.refused_intents").await, 1);
    rest().await;
    worker.step_until_idle().await.unwrap();
    assert_eq!(street.heard(tenant, id(1)).await, ["one"]);
    assert_eq!(street.count("SELECT count(*) FROM log.timers").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_does_not_pass_is_put_on_record() {
    let street = Street::new().await;
    let worker = street.worker_with::<Plain>(Settings {
        first_pause: Duration::ZERO,
        longest_pause: Duration::ZERO,
        max_retries: 2,
        ..Settings::default()
    });
    let tenant = street.tenant().await;
    street.call(tenant, id(1), vec![tell(1, "one")]).await;
    street.log.fail(3);
    worker.step().await.unwrap();
    assert_eq!(street.count("SELECT count(*) FROM log.consumer_failures").await, 0);
    worker.step().await.unwrap();
    worker.step().await.unwrap();
    let sql = "SELECT consumer, position, attempts, error FROM log.consumer_failures";
    let row = street.owner.query_one(sql, &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "reaction:pass-on");
    assert_eq!((row.get::<_, i64>(1), row.get::<_, i32>(2)), (1, 2));
    assert_eq!(row.get::<_, String>(3), "the log cannot be reached: out of order");
    worker.step_until_idle().await.unwrap();
    assert_eq!(street.heard(tenant, id(1)).await, ["one"]);
    assert_eq!(street.count("SELECT count(*) FROM log.consumer_failures").await, 0);
}

/// An event that this program cannot read.
pub(super) async fn puzzle(street: &Street, tenant: Ulid) {
    let id = Ulid::generate();
    let append = Append {
        events: vec![NewEvent { id, ..NewEvent::new("puzzled", vec![0x80]) }],
        ..Append::of(
            tenant,
            "caller",
            Ulid::generate(),
            CommandRecord::new(id, Actor::system("test"), NOW),
        )
    };
    street.log.append(append).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_read_stops_its_reaction_in_its_tenant_alone() {
    let street = Street::new().await;
    let worker = street.worker::<Chatty>();
    let (puzzled, other) = (street.tenant().await, street.tenant().await);
    street.call(puzzled, id(1), vec![tell(1, "before")]).await;
    puzzle(&street, puzzled).await;
    street.call(puzzled, id(1), vec![tell(1, "after")]).await;
    street.call(other, id(1), vec![tell(1, "elsewhere")]).await;
    worker.step_until_idle().await.unwrap();

    assert_eq!(street.heard(puzzled, id(1)).await, ["before"]);
    assert_eq!(street.heard(other, id(1)).await, ["elsewhere"]);
    assert_eq!(street.position(puzzled, "pass-on").await, Some(1));
    assert_eq!(street.position(puzzled, "gossip").await, Some(5));
    let sql = "SELECT position, error FROM log.consumer_failures";
    let row = street.owner.query_one(sql, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 2);
    assert_eq!(row.get::<_, String>(1), "caller has no event puzzled (position 2)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_that_panics_stands_still_until_a_later_program_can() {
    let street = Street::new().await;
    let worker = street.worker::<Plain>();
    let tenant = street.tenant().await;
    street.call(tenant, id(1), vec![Call::Stumble {}]).await;
    street.call(tenant, id(1), vec![tell(1, "after")]).await;
    worker.step_until_idle().await.unwrap();
    assert_eq!(street.position(tenant, "pass-on").await, Some(0));
    let error = "SELECT count(*) FROM log.consumer_failures WHERE error LIKE '%panicked%'";
    assert_eq!(street.count(error).await, 1);

    STUMBLING.store(false, Ordering::SeqCst);
    rest().await;
    worker.step_until_idle().await.unwrap();
    assert_eq!(street.heard(tenant, id(1)).await, ["after"]);
    assert_eq!(street.count("SELECT count(*) FROM log.consumer_failures").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_fails_rings_again_and_holds_up_no_other() {
    let street = Street::new().await;
    let worker = street.worker_with::<Plain>(Settings {
        commands: 1,
        first_pause: Duration::from_millis(50),
        ..Settings::default()
    });
    let tenant = street.tenant().await;
    street
        .call(tenant, id(1), vec![tell_in(-2, "first", "one"), tell_in(-1, "second", "two")])
        .await;
    worker.react(tenant, &Fence::default()).await.unwrap();
    street.log.fail(1);
    worker.ring(tenant, &Fence::default()).await.unwrap();
    assert_eq!(street.heard(tenant, id(1)).await, ["two"]);
    assert_eq!(street.count("SELECT attempts::bigint FROM log.timers").await, 1);
    worker.ring(tenant, &Fence::default()).await.unwrap();
    assert_eq!(street.heard(tenant, id(1)).await, ["two"]);
    tokio::time::sleep(Duration::from_millis(70)).await;
    worker.ring(tenant, &Fence::default()).await.unwrap();
    assert_eq!(street.heard(tenant, id(1)).await, ["two", "one"]);
}
