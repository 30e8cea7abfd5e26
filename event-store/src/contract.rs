//! The contract that every store keeps, as a suite to run against each.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test suite, which fails by panicking"
)]

mod groups;
mod snapshots;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use domain::kernel::{Actor, ActorKind, Claim, Timestamp};
use ulid::Ulid;

use crate::{
    Append, AppendError, Appended, CommandRecord, Log, NewEvent, NewKey, StoredEvent, Wake,
};

/// Runs every case, each with tenants of its own from `provision`.
pub async fn all<P, F>(log: Arc<dyn Log>, provision: P)
where
    P: Fn() -> F,
    F: Future<Output = Ulid>,
{
    positions_are_gapless_and_in_order(&*log, provision().await).await;
    events_come_back_as_they_went_in(&*log, provision().await).await;
    a_stale_version_is_a_conflict(&*log, provision().await).await;
    a_stream_is_created_once(&*log, provision().await).await;
    reading_goes_on_where_it_stopped(&*log, provision().await).await;
    a_repeated_command_gets_the_first_outcome(&*log, provision().await).await;
    a_command_id_serves_one_request(&*log, provision().await).await;
    a_command_without_events_is_remembered(&*log, provision().await).await;
    an_append_that_is_sent_again_is_recognised(&*log, provision().await).await;
    a_refused_command_is_not_remembered(&*log, provision().await).await;
    a_value_has_one_holder(&*log, provision().await).await;
    a_released_value_can_be_taken(&*log, provision().await).await;
    a_value_given_back_and_taken_again_is_kept(&*log, provision().await).await;
    a_series_has_no_gaps(&*log, provision().await).await;
    a_subject_gets_one_key(&*log, provision().await).await;
    a_changed_reference_is_noticed(&*log, provision().await).await;
    a_tenant_needs_a_log(&*log).await;
    an_append_has_limits(&*log, provision().await).await;
    tenants_do_not_meet(&*log, provision().await, provision().await).await;
    time_does_not_run_backwards(&*log, provision().await).await;
    groups::all(&*log, &provision).await;
    snapshots::all(&*log, &provision).await;
    writers_of_one_stream_take_turns(&log, provision().await).await;
    writers_of_one_tenant_leave_no_gaps(&log, provision().await).await;
    a_loser_does_not_fail_its_neighbours(&log, provision().await).await;
    a_storm_of_duplicates_is_stored_once(&log, provision().await).await;
    racers_for_a_value_have_one_winner(&log, provision().await).await;
    subscribers_are_woken(&*log, provision().await).await;
}

fn append(tenant: Ulid, stream: Ulid, expected: u64, events: usize) -> Append {
    let id = Ulid::generate();
    Append {
        expected,
        events: (0..events).map(|_| NewEvent::new("changed", vec![0x80])).collect(),
        ..Append::of(
            tenant,
            "thing",
            stream,
            CommandRecord {
                request_hash: Some([1; 32]),
                ..CommandRecord::new(
                    id,
                    Actor::system("contract"),
                    Timestamp::from_micros(1_760_000_000_000_000),
                )
            },
        )
    }
}

fn new_stream(tenant: Ulid, events: usize) -> Append {
    append(tenant, Ulid::generate(), 0, events)
}

async fn everything(log: &dyn Log, tenant: Ulid) -> Vec<StoredEvent> {
    log.read_tenant(tenant, 0, 100_000).await.unwrap()
}

fn taking(mut append: Append, claim: Claim) -> Append {
    append.claims.push(claim);
    append
}

fn email(key: &str) -> Claim {
    Claim::take("email", key.to_owned())
}

fn same_outcome(a: &Appended, b: &Appended) -> bool {
    Appended { duplicate: false, ..*a } == Appended { duplicate: false, ..*b }
}

async fn positions_are_gapless_and_in_order(log: &dyn Log, tenant: Ulid) {
    assert_eq!(log.head(tenant).await.unwrap(), 0);
    let first = log.append(new_stream(tenant, 3)).await.unwrap();
    assert_eq!((first.first_position, first.last_position, first.version), (1, 3, 3));
    let second = log.append(new_stream(tenant, 2)).await.unwrap();
    assert_eq!((second.first_position, second.last_position), (4, 5));
    let positions: Vec<u64> =
        everything(log, tenant).await.iter().map(|event| event.envelope.position).collect();
    assert_eq!(positions, [1, 2, 3, 4, 5]);
    assert_eq!(log.head(tenant).await.unwrap(), 5);
}

async fn events_come_back_as_they_went_in(log: &dyn Log, tenant: Ulid) {
    let mut sent = new_stream(tenant, 1);
    sent.command.actor = Actor {
        kind: ActorKind::User,
        id: "usr:with:colons".to_owned(),
        roles: vec!["admin".to_owned()],
        impersonator: Some("support".to_owned()),
    };
    sent.command.causation_id = Some(Ulid::generate());
    sent.command.reason = Some("because".to_owned());
    sent.command.trace_parent = Some("00-1-2-01".to_owned());
    sent.events[0].schema_version = 7;
    sent.events[0].payload = vec![0, 255, 1];
    let appended = log.append(sent.clone()).await.unwrap();
    let read = everything(log, tenant).await.remove(0);
    let (envelope, command) = (read.envelope, sent.command);
    assert_eq!((&*read.name, read.schema_version, read.codec), ("changed", 7, 1));
    assert_eq!(&*read.payload, [0, 255, 1]);
    assert_eq!(&*envelope.stream_type, "thing");
    assert_eq!((envelope.tenant, envelope.stream_id), (tenant, sent.stream));
    assert_eq!((envelope.position, envelope.version), (1, 1));
    assert_eq!(envelope.event_id, sent.events[0].id);
    assert_eq!(
        (envelope.occurred_at, envelope.recorded_at),
        (command.occurred_at, appended.recorded_at)
    );
    assert_eq!((envelope.actor, envelope.command_id), (command.actor, command.id));
    assert_eq!(
        (envelope.correlation_id, envelope.causation_id),
        (command.correlation_id, command.causation_id)
    );
    assert_eq!((envelope.reason, envelope.trace_parent), (command.reason, command.trace_parent));
}

async fn a_stale_version_is_a_conflict(log: &dyn Log, tenant: Ulid) {
    let stream = Ulid::generate();
    log.append(append(tenant, stream, 0, 2)).await.unwrap();
    for expected in [1, 3] {
        let refused = log.append(append(tenant, stream, expected, 1)).await;
        assert_eq!(refused, Err(AppendError::Conflict { expected, actual: 2 }));
    }
    assert_eq!(log.append(append(tenant, stream, 2, 1)).await.unwrap().version, 3);
}

async fn a_stream_is_created_once(log: &dyn Log, tenant: Ulid) {
    let stream = Ulid::generate();
    log.append(append(tenant, stream, 0, 1)).await.unwrap();
    let again = log.append(append(tenant, stream, 0, 1)).await;
    assert_eq!(again, Err(AppendError::Conflict { expected: 0, actual: 1 }));
}

async fn reading_goes_on_where_it_stopped(log: &dyn Log, tenant: Ulid) {
    let stream = Ulid::generate();
    log.append(append(tenant, stream, 0, 5)).await.unwrap();
    log.append(new_stream(tenant, 2)).await.unwrap();
    let versions = |events: Vec<StoredEvent>| {
        events.into_iter().map(|event| event.envelope.version).collect::<Vec<_>>()
    };
    assert_eq!(versions(log.read_stream(tenant, stream, 0, 2).await.unwrap()), [1, 2]);
    assert_eq!(versions(log.read_stream(tenant, stream, 2, 99).await.unwrap()), [3, 4, 5]);
    assert_eq!(log.read_tenant(tenant, 5, 1).await.unwrap()[0].envelope.position, 6);
    assert!(log.read_tenant(tenant, 7, 9).await.unwrap().is_empty());
}

async fn a_repeated_command_gets_the_first_outcome(log: &dyn Log, tenant: Ulid) {
    let command = new_stream(tenant, 2);
    let first = log.append(command.clone()).await.unwrap();
    log.append(new_stream(tenant, 1)).await.unwrap();
    let again = log.append(command.clone()).await.unwrap();
    assert!(!first.duplicate && again.duplicate && same_outcome(&first, &again));
    let (hash, stream, outcome) = log.outcome(tenant, command.command.id).await.unwrap().unwrap();
    assert_eq!((Some(hash), stream), (command.command.request_hash, command.stream));
    assert!(same_outcome(&first, &outcome));
    assert_eq!(everything(log, tenant).await.len(), 3);
    assert_eq!(log.outcome(tenant, Ulid::generate()).await.unwrap(), None);
}

async fn a_command_id_serves_one_request(log: &dyn Log, tenant: Ulid) {
    let command = new_stream(tenant, 1);
    log.append(command.clone()).await.unwrap();
    let reused = Err(AppendError::CommandIdReused(command.command.id));
    let mut other_request = command.clone();
    other_request.command.request_hash = Some([2; 32]);
    assert_eq!(log.append(other_request).await, reused);
    let other_stream = Append { stream: Ulid::generate(), ..command };
    assert_eq!(log.append(other_stream).await, reused);
}

async fn a_command_without_events_is_remembered(log: &dyn Log, tenant: Ulid) {
    let made = log.append(new_stream(tenant, 2)).await.unwrap();
    let command = new_stream(tenant, 0);
    let first = log.append(command.clone()).await.unwrap();
    assert_eq!((first.version, first.last_position), (0, made.last_position));
    assert!(first.first_position > first.last_position);
    let again = log.append(command).await.unwrap();
    assert!(again.duplicate && same_outcome(&first, &again));
    assert_eq!(log.head(tenant).await.unwrap(), 2);
}

async fn an_append_that_is_sent_again_is_recognised(log: &dyn Log, tenant: Ulid) {
    let stream = Ulid::generate();
    let mut command = append(tenant, stream, 0, 2);
    command.command.request_hash = None;
    let first = log.append(command.clone()).await.unwrap();
    log.append(append(tenant, stream, 2, 1)).await.unwrap();
    let again = log.append(command).await.unwrap();
    assert!(again.duplicate && same_outcome(&first, &again), "{first:?} {again:?}");
    assert_eq!(everything(log, tenant).await.len(), 3);
}

async fn a_refused_command_is_not_remembered(log: &dyn Log, tenant: Ulid) {
    let stream = Ulid::generate();
    let early = append(tenant, stream, 1, 1);
    assert!(log.append(early.clone()).await.is_err());
    assert_eq!(log.outcome(tenant, early.command.id).await.unwrap(), None);
    log.append(append(tenant, stream, 0, 1)).await.unwrap();
    assert!(!log.append(early).await.unwrap().duplicate);
}

async fn a_value_has_one_holder(log: &dyn Log, tenant: Ulid) {
    let holder = Ulid::generate();
    log.append(taking(append(tenant, holder, 0, 1), email("a@b c"))).await.unwrap();
    let taken = AppendError::ClaimTaken { scope: "email".to_owned(), key: "a@b c".to_owned() };
    assert_eq!(log.append(taking(new_stream(tenant, 1), email("a@b c"))).await, Err(taken));
    log.append(taking(append(tenant, holder, 1, 1), email("a@b c"))).await.unwrap();
    log.append(taking(new_stream(tenant, 1), email("other"))).await.unwrap();
    assert_eq!(everything(log, tenant).await.len(), 3);
}

async fn a_released_value_can_be_taken(log: &dyn Log, tenant: Ulid) {
    let (holder, heir) = (Ulid::generate(), Ulid::generate());
    log.append(taking(append(tenant, holder, 0, 1), email("x"))).await.unwrap();
    let release = || Claim::release("email", "x".to_owned());
    // Somebody else's release has no effect.
    log.append(taking(append(tenant, heir, 0, 1), release())).await.unwrap();
    assert!(log.append(taking(append(tenant, heir, 1, 1), email("x"))).await.is_err());
    log.append(taking(append(tenant, holder, 1, 1), release())).await.unwrap();
    log.append(taking(append(tenant, heir, 1, 1), email("x"))).await.unwrap();
    assert!(log.append(taking(append(tenant, holder, 2, 1), email("x"))).await.is_err());
}

async fn a_value_given_back_and_taken_again_is_kept(log: &dyn Log, tenant: Ulid) {
    let holder = Ulid::generate();
    let claims = |claims: &[Claim]| {
        let mut append = append(tenant, holder, 0, 1);
        append.claims = claims.to_vec();
        append
    };
    let release = |key: &str| Claim::release("email", key.to_owned());
    log.append(claims(&[email("a")])).await.unwrap();
    // From a to b and back: a is still its own, b is nobody's.
    let there_and_back = claims(&[release("a"), email("b"), release("b"), email("a")]);
    log.append(Append { expected: 1, ..there_and_back }).await.unwrap();
    assert!(log.append(taking(new_stream(tenant, 1), email("a"))).await.is_err());
    log.append(taking(new_stream(tenant, 1), email("b"))).await.unwrap();
}

async fn a_subject_gets_one_key(log: &dyn Log, tenant: Ulid) {
    let subject = Ulid::generate();
    let sealed = || {
        let mut append = new_stream(tenant, 2);
        append.new_keys.push(NewKey { subject, wrapped: vec![7; 60], tenant_key: 1 });
        append.events[1].subjects = vec![subject, subject];
        append
    };
    let first = sealed();
    log.append(first.clone()).await.unwrap();
    assert_eq!(log.append(sealed()).await, Err(AppendError::KeyExists(subject)));
    assert!(log.append(first).await.unwrap().duplicate, "repeated, with the key it brought");
    let mut with_the_key = sealed();
    with_the_key.new_keys.clear();
    log.append(with_the_key).await.unwrap();
    assert_eq!(everything(log, tenant).await.len(), 4);
}

async fn a_series_has_no_gaps(log: &dyn Log, tenant: Ulid) {
    let number = |number| Claim::Number { series: "letters-2026".to_owned(), number };
    let names = ["letters-2026".to_owned(), "other".to_owned()];
    assert_eq!(log.series(tenant, &names).await.unwrap(), [0, 0]);
    log.append(taking(new_stream(tenant, 1), number(1))).await.unwrap();
    for wrong in [1, 3] {
        let refused = log.append(taking(new_stream(tenant, 1), number(wrong))).await;
        assert_eq!(refused, Err(AppendError::NumberTaken("letters-2026".to_owned())));
    }
    log.append(taking(new_stream(tenant, 1), number(2))).await.unwrap();
    assert_eq!(log.series(tenant, &names).await.unwrap(), [2, 0]);
    assert_eq!(everything(log, tenant).await.len(), 2);
}

async fn a_changed_reference_is_noticed(log: &dyn Log, tenant: Ulid) {
    let referenced = Ulid::generate();
    let referring = |version| {
        let mut append = new_stream(tenant, 1);
        append.references.push((referenced, version));
        append
    };
    log.append(referring(0)).await.unwrap();
    log.append(append(tenant, referenced, 0, 1)).await.unwrap();
    assert_eq!(log.append(referring(0)).await, Err(AppendError::ReferenceChanged));
    assert_eq!(log.append(referring(2)).await, Err(AppendError::ReferenceChanged));
    log.append(referring(1)).await.unwrap();
}

async fn a_tenant_needs_a_log(log: &dyn Log) {
    let stranger = Ulid::generate();
    let refused = log.append(new_stream(stranger, 1)).await;
    assert_eq!(refused, Err(AppendError::UnknownTenant(stranger)));
    assert!(everything(log, stranger).await.is_empty());
}

async fn an_append_has_limits(log: &dyn Log, tenant: Ulid) {
    let many = log.append(new_stream(tenant, 1_001)).await;
    assert!(matches!(many, Err(AppendError::TooLarge { actual: 1_001, limit: 1_000, .. })));
    let mut large = new_stream(tenant, 1);
    large.events[0].payload = vec![0; 1024 * 1024 + 1];
    assert!(matches!(log.append(large).await, Err(AppendError::TooLarge { .. })));
    assert!(everything(log, tenant).await.is_empty());
}

async fn tenants_do_not_meet(log: &dyn Log, a: Ulid, b: Ulid) {
    // The same stream, command and claim in both: nothing is shared.
    let in_a = taking(new_stream(a, 2), email("x"));
    let in_b = Append { tenant: b, ..in_a.clone() };
    log.append(in_a.clone()).await.unwrap();
    assert!(!log.append(in_b).await.unwrap().duplicate);
    log.append(append(a, in_a.stream, 2, 1)).await.unwrap();
    assert_eq!(everything(log, a).await.len(), 3);
    assert_eq!(everything(log, b).await.len(), 2);
    assert_eq!(log.read_stream(b, in_a.stream, 0, 9).await.unwrap().len(), 2);
    assert!(everything(log, b).await.iter().all(|event| event.envelope.tenant == b));
}

async fn time_does_not_run_backwards(log: &dyn Log, tenant: Ulid) {
    let mut last = Timestamp::from_micros(0);
    for _ in 0..20 {
        let appended = log.append(new_stream(tenant, 1)).await.unwrap();
        assert!(appended.recorded_at >= last);
        last = appended.recorded_at;
    }
}

/// Starts `count` appends at once and waits for all of them.
async fn at_once(
    log: &Arc<dyn Log>,
    count: usize,
    make: impl Fn(usize) -> Append,
) -> Vec<Result<Appended, AppendError>> {
    let calls: Vec<_> = (0..count)
        .map(|place| {
            let (log, append) = (log.clone(), make(place));
            tokio::spawn(async move { log.append(append).await })
        })
        .collect();
    let mut outcomes = vec![];
    for call in calls {
        outcomes.push(call.await.unwrap());
    }
    outcomes
}

async fn writers_of_one_stream_take_turns(log: &Arc<dyn Log>, tenant: Ulid) {
    let stream = Ulid::generate();
    for version in 0..5 {
        let outcomes = at_once(log, 20, |_| append(tenant, stream, version, 1)).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        let conflict = AppendError::Conflict { expected: version, actual: version + 1 };
        assert!(outcomes.iter().filter_map(|o| o.as_ref().err()).all(|error| *error == conflict));
    }
    assert_eq!(everything(&**log, tenant).await.len(), 5);
}

async fn writers_of_one_tenant_leave_no_gaps(log: &Arc<dyn Log>, tenant: Ulid) {
    let outcomes = at_once(log, 300, |place| new_stream(tenant, place % 3 + 1)).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let events = everything(&**log, tenant).await;
    let positions: Vec<u64> = events.iter().map(|event| event.envelope.position).collect();
    assert_eq!(positions, (1..=600).collect::<Vec<u64>>());
    let told: BTreeSet<u64> = outcomes
        .iter()
        .flatten()
        .flat_map(|appended| appended.first_position..=appended.last_position)
        .collect();
    assert_eq!(told.len(), 600);
}

async fn a_loser_does_not_fail_its_neighbours(log: &Arc<dyn Log>, tenant: Ulid) {
    let outcomes =
        at_once(log, 100, |place| append(tenant, Ulid::generate(), u64::from(place % 2 == 0), 1))
            .await;
    for (place, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_ok(), place % 2 == 1, "append {place}: {outcome:?}");
    }
    assert_eq!(log.head(tenant).await.unwrap(), 50);
}

async fn a_storm_of_duplicates_is_stored_once(log: &Arc<dyn Log>, tenant: Ulid) {
    let command = new_stream(tenant, 2);
    let outcomes = at_once(log, 50, |_| command.clone()).await;
    let outcomes: Vec<Appended> = outcomes.into_iter().map(Result::unwrap).collect();
    assert!(outcomes.iter().all(|outcome| same_outcome(outcome, &outcomes[0])));
    assert_eq!(outcomes.iter().filter(|outcome| !outcome.duplicate).count(), 1);
    assert_eq!(everything(&**log, tenant).await.len(), 2);
}

async fn racers_for_a_value_have_one_winner(log: &Arc<dyn Log>, tenant: Ulid) {
    let values = at_once(log, 20, |_| taking(new_stream(tenant, 1), email("contested"))).await;
    assert_eq!(values.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let first = Claim::Number { series: "contested".to_owned(), number: 1 };
    let numbers = at_once(log, 20, |_| taking(new_stream(tenant, 1), first.clone())).await;
    assert_eq!(numbers.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

async fn subscribers_are_woken(log: &dyn Log, tenant: Ulid) {
    let mut subscription = log.subscribe();
    assert_eq!(subscription.next().await, Wake::All);
    log.append(new_stream(tenant, 1)).await.unwrap();
    let woken = async {
        loop {
            match subscription.next().await {
                Wake::Tenants(tenants) if tenants.contains(&tenant) => return,
                Wake::Tenants(_) | Wake::All => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), woken).await.unwrap();
}
