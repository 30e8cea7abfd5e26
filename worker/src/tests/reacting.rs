//! What events call for happens.

use super::{
    street::{NOW, Street, id, tell},
    toy::{Chatty, Listener, Plain},
};
use crate::Progress;

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_answered_once_and_the_answer_tells_of_it() {
    let street = Street::new().await;
    let worker = street.worker::<Plain>();
    let tenant = street.tenant().await;
    let correlation = street.call(tenant, id(1), vec![tell(1, "one"), tell(2, "two")]).await;

    let progress = worker.step_until_idle().await.unwrap();
    assert_eq!((progress.commands, progress.events), (2, 3));
    assert_eq!(street.heard_at(tenant, id(1)).await, [("one".to_owned(), NOW)]);
    assert_eq!(street.heard(tenant, id(2)).await, ["two"]);
    assert_eq!(street.position(tenant, "pass-on").await, Some(3));

    let events = street.events(tenant).await;
    let (cause, answer) = (&events[0].envelope, &events[1].envelope);
    assert_eq!(answer.actor.to_string(), "system:pass-on");
    assert_eq!(answer.causation_id, Some(cause.event_id));
    assert_eq!(answer.correlation_id, correlation);
    assert_eq!(answer.occurred_at, cause.occurred_at);
    assert_eq!(worker.step().await.unwrap(), Progress::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn reactions_answer_each_others_events() {
    let street = Street::new().await;
    let worker = street.worker::<Chatty>();
    let tenant = street.tenant().await;
    street.call(tenant, id(1), vec![tell(1, "one"), tell(2, "two")]).await;
    worker.step_until_idle().await.unwrap();
    let gossip = domain::kernel::Id::<Listener>::derived(&["gossip"]);
    let mut heard = street.heard(tenant, gossip).await;
    heard.sort();
    assert_eq!(heard, ["psst one", "psst two"]);
    assert_eq!(street.position(tenant, "gossip").await, Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_touches_the_same_aggregate_keeps_its_order() {
    let street = Street::new().await;
    let worker = street.worker::<Plain>();
    let tenant = street.tenant().await;
    let words: Vec<String> = (0..200).map(|number| format!("word {number}")).collect();
    for (word, caller) in words.iter().zip((0..).map(|number| number % 7)) {
        street.call(tenant, id(caller), vec![tell(caller % 2, word)]).await;
    }
    worker.step_until_idle().await.unwrap();
    for listener in 0..2 {
        let expected = words.iter().zip(0..).filter(|(_, n)| n % 7 % 2 == listener);
        let expected: Vec<String> = expected.map(|(word, _)| word.clone()).collect();
        assert_eq!(street.heard(tenant, id(listener)).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_command_is_kept_and_blocks_nothing() {
    let street = Street::new().await;
    let worker = street.worker::<Plain>();
    let tenant = street.tenant().await;
    let correlation = street.call(tenant, id(1), vec![tell(1, "no"), tell(1, "yes")]).await;
    worker.step_until_idle().await.unwrap();
    assert_eq!(street.heard(tenant, id(1)).await, ["yes"]);
    let sql = "SELECT origin, code, message, convert_from(substr(dispatch, 2), 'UTF8')::jsonb->'command'->'hear'->>'word',
            causation_id, correlation_id
        FROM log.refused_intents";
    let rows = street.owner.query(sql, &[]).await.unwrap();
    let [row] = &rows[..] else { panic!("{} refused commands", rows.len()) };
    let text: Vec<String> = (0..4).map(|column| row.get(column)).collect();
    assert_eq!(text, ["reaction:pass-on", "LISTENER_DEAF", "does not want to hear \"no\"", "no"]);
    let cause = street.events(tenant).await[0].envelope.event_id;
    assert_eq!(row.get::<_, uuid::Uuid>(4), event_store::pg::uuid(cause));
    assert_eq!(row.get::<_, uuid::Uuid>(5), event_store::pg::uuid(correlation));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_much_to_do_does_not_keep_another_waiting() {
    let street = Street::new().await;
    let worker = street.worker_with::<Plain>(crate::Settings {
        batch: 10,
        tenants: 1,
        ..crate::Settings::default()
    });
    let (busy, quiet) = (street.tenant().await, street.tenant().await);
    for number in 0..100 {
        street.call(busy, id(number), vec![tell(number, "much")]).await;
    }
    street.call(quiet, id(1), vec![tell(1, "little")]).await;
    let progress = worker.step().await.unwrap();
    assert!(progress.more);
    assert_eq!(street.heard(quiet, id(1)).await, ["little"]);
    assert_eq!(street.position(busy, "pass-on").await, Some(10));
    worker.step_until_idle().await.unwrap();
    assert_eq!(street.position(busy, "pass-on").await, Some(200));
}
