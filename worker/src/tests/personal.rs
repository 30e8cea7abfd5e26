//! Orders that repeat what events say about people.

use domain::kernel::{Id, Personal};

use super::{
    street::{NOW, Street},
    toy::{Call, Caller, Listener, Plain},
};

const SECRET: &str = "Thandiwe is ill";

fn listener() -> Id<Listener> {
    Id::derived(&["listener"])
}

fn caller() -> Id<Caller> {
    Id::derived(&["caller"])
}

fn whisper_in(seconds: i64) -> Call {
    let due = domain::kernel::Timestamp::from_micros(NOW.micros() + seconds * 1_000_000);
    let word = Personal::from(SECRET.to_owned());
    Call::WhisperAt { name: "later".to_owned(), due, listener: listener(), word }
}

/// What is kept of orders, byte by byte.
async fn kept(street: &Street, table: &str) -> Vec<Vec<u8>> {
    let rows = street.owner.query(&format!("SELECT dispatch FROM log.{table}"), &[]).await;
    rows.unwrap().iter().map(|row| row.get(0)).collect()
}

fn tells(bytes: &[u8]) -> bool {
    bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_keeps_what_is_personal_sealed_and_rings() {
    let street = Street::new().await;
    let worker = street.worker::<Plain>();
    let tenant = street.tenant().await;
    street.call(tenant, caller(), vec![whisper_in(60)]).await;
    worker.step_until_idle().await.unwrap();
    let timers = kept(&street, "timers").await;
    assert_eq!(timers.len(), 1);
    assert!(timers[0][0] == 1 && !tells(&timers[0]), "{timers:?}");
    street.pass(61);
    worker.step_until_idle().await.unwrap();
    assert_eq!(street.heard(tenant, listener()).await, [SECRET]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_of_somebody_who_was_erased_rings_for_nobody() {
    let street = Street::new().await;
    let tenant = street.tenant().await;
    street.call(tenant, caller(), vec![whisper_in(60)]).await;
    street.worker::<Plain>().step_until_idle().await.unwrap();
    street.erase(tenant, caller().ulid()).await;
    street.pass(61);
    street.worker::<Plain>().step_until_idle().await.unwrap();
    assert!(street.heard(tenant, listener()).await.is_empty());
    assert_eq!(street.count("SELECT count(*) FROM log.timers").await, 0);
    let sql = "SELECT origin || ' ' || code FROM log.refused_intents";
    let row = street.owner.query_one(sql, &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "timer:later ERASED");
    assert_eq!(kept(&street, "refused_intents").await, [[2]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_command_keeps_what_is_personal_sealed() {
    let street = Street::new().await;
    let worker = street.worker::<Plain>();
    let tenant = street.tenant().await;
    let word = Personal::from("no".to_owned());
    street.call(tenant, caller(), vec![Call::Whisper { listener: listener(), word }]).await;
    worker.step_until_idle().await.unwrap();
    assert_eq!(kept(&street, "refused_intents").await[0][0], 1);
    let sql = "SELECT code || ': ' || message FROM log.refused_intents";
    let row = street.owner.query_one(sql, &[]).await.unwrap();
    let told = "LISTENER_DEAF: not kept: the command may hold personal data";
    assert_eq!(row.get::<_, String>(0), told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_is_put_elsewhere_does_not_open() {
    let street = Street::new().await;
    let worker = street.worker::<Plain>();
    let tenant = street.tenant().await;
    street.call(tenant, caller(), vec![whisper_in(60)]).await;
    worker.step_until_idle().await.unwrap();
    let moved = "RESET ROLE; UPDATE log.timers SET name = 'another'";
    street.owner.batch_execute(moved).await.unwrap();
    street.pass(61);
    worker.step_until_idle().await.unwrap();
    assert!(street.heard(tenant, listener()).await.is_empty());
    assert_eq!(street.count("SELECT count(*) FROM log.timers").await, 1);
}
