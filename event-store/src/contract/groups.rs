//! Groups of appends are stored as a whole or not at all.

use domain::kernel::Claim;
use ulid::Ulid;

use super::{append, email, everything, new_stream, same_outcome, taking};
use crate::{Append, AppendError, Appended, GroupError, Log, NewKey};

/// Runs every case, each with tenants of its own from `provision`.
pub(super) async fn all<P, F>(log: &dyn Log, provision: &P)
where
    P: Fn() -> F,
    F: Future<Output = Ulid>,
{
    a_group_has_consecutive_positions(log, provision().await).await;
    a_group_may_be_empty(log).await;
    appends_of_a_group_build_on_each_other(log, provision().await).await;
    one_refusal_refuses_the_group(log, provision().await).await;
    a_broken_chain_is_a_conflict(log, provision().await).await;
    a_repeated_group_gets_the_first_outcomes(log, provision().await).await;
    a_group_that_is_sent_again_is_recognised(log, provision().await).await;
    a_group_is_not_half_repeated(log, provision().await).await;
    a_value_is_taken_once_in_a_group(log, provision().await).await;
    a_group_passes_a_value_on(log, provision().await).await;
    a_group_draws_numbers_in_order(log, provision().await).await;
    a_group_refers_to_what_it_writes(log, provision().await).await;
    a_group_brings_a_key_once(log, provision().await).await;
    a_group_has_limits(log, provision().await).await;
    a_group_has_one_tenant(log, provision().await, provision().await).await;
}

fn at(index: usize, error: AppendError) -> GroupError {
    GroupError { index, error }
}

fn release(key: &str) -> Claim {
    Claim::release("email", key.to_owned())
}

fn number(number: u64) -> Claim {
    Claim::Number { series: "parcel".to_owned(), number }
}

fn referring(mut append: Append, stream: Ulid, version: u64) -> Append {
    append.references.push((stream, version));
    append
}

fn positions(appended: &[Appended]) -> Vec<(u64, u64)> {
    appended.iter().map(|a| (a.first_position, a.last_position)).collect()
}

async fn a_group_has_consecutive_positions(log: &dyn Log, tenant: Ulid) {
    log.append(new_stream(tenant, 1)).await.unwrap();
    let group = [2, 0, 3, 1].map(|events| new_stream(tenant, events));
    let appended = log.append_all(group.to_vec()).await.unwrap();
    assert_eq!(positions(&appended), [(2, 3), (4, 3), (4, 6), (7, 7)]);
    let written: Vec<Ulid> =
        everything(log, tenant).await.iter().skip(1).map(|e| e.envelope.stream_id).collect();
    let [a, _, b, c] = group.map(|append| append.stream);
    assert_eq!(written, [a, a, b, b, b, c]);
}

async fn a_group_may_be_empty(log: &dyn Log) {
    assert_eq!(log.append_all(vec![]).await, Ok(vec![]));
}

async fn appends_of_a_group_build_on_each_other(log: &dyn Log, tenant: Ulid) {
    let (stream, other) = (Ulid::generate(), Ulid::generate());
    log.append(append(tenant, stream, 0, 1)).await.unwrap();
    let group = vec![
        append(tenant, stream, 1, 2),
        append(tenant, other, 0, 1),
        append(tenant, stream, 3, 0),
        append(tenant, stream, 3, 1),
    ];
    let appended = log.append_all(group).await.unwrap();
    assert_eq!(appended.iter().map(|a| a.version).collect::<Vec<_>>(), [3, 1, 3, 4]);
    let versions: Vec<u64> = log
        .read_stream(tenant, stream, 0, 9)
        .await
        .unwrap()
        .iter()
        .map(|event| event.envelope.version)
        .collect();
    assert_eq!(versions, [1, 2, 3, 4]);
}

async fn one_refusal_refuses_the_group(log: &dyn Log, tenant: Ulid) {
    let (holder, subject) = (Ulid::generate(), Ulid::generate());
    let mut first = taking(taking(append(tenant, holder, 0, 1), email("held")), number(1));
    first.new_keys.push(NewKey { subject, wrapped: vec![1], tenant_key: 1 });
    log.append(first.clone()).await.unwrap();
    let mut same_id = new_stream(tenant, 1);
    same_id.command.id = first.command.id;
    let mut keyed = new_stream(tenant, 1);
    keyed.new_keys = first.new_keys;
    let taken = AppendError::ClaimTaken { scope: "email".to_owned(), key: "held".to_owned() };
    let culprits = [
        (append(tenant, holder, 0, 1), AppendError::Conflict { expected: 0, actual: 1 }),
        (same_id, AppendError::CommandIdReused(first.command.id)),
        (taking(new_stream(tenant, 1), email("held")), taken),
        (taking(new_stream(tenant, 1), number(1)), AppendError::NumberTaken("parcel".into())),
        (referring(new_stream(tenant, 1), holder, 0), AppendError::ReferenceChanged),
        (keyed, AppendError::KeyExists(subject)),
    ];
    for (culprit, error) in culprits {
        let free = Ulid::generate().to_string();
        let innocent = taking(new_stream(tenant, 1), email(&free));
        let group = vec![innocent.clone(), new_stream(tenant, 2), culprit, new_stream(tenant, 1)];
        assert_eq!(log.append_all(group).await, Err(at(2, error)));
        assert_eq!(log.head(tenant).await.unwrap(), 1, "nothing of it is stored");
        assert_eq!(log.outcome(tenant, innocent.command.id).await.unwrap(), None);
        assert_eq!(log.series(tenant, &["parcel".to_owned()]).await.unwrap(), [1]);
    }
    let stranger = Ulid::generate();
    let refused = log.append_all(vec![new_stream(stranger, 1), new_stream(stranger, 1)]).await;
    assert_eq!(refused, Err(at(0, AppendError::UnknownTenant(stranger))));
}

async fn a_broken_chain_is_a_conflict(log: &dyn Log, tenant: Ulid) {
    let stream = Ulid::generate();
    for wrong in [0, 1, 3] {
        let group = vec![append(tenant, stream, 0, 2), append(tenant, stream, wrong, 1)];
        let conflict = AppendError::Conflict { expected: wrong, actual: 2 };
        assert_eq!(log.append_all(group).await, Err(at(1, conflict)));
    }
    assert_eq!(log.head(tenant).await.unwrap(), 0);
}

async fn a_repeated_group_gets_the_first_outcomes(log: &dyn Log, tenant: Ulid) {
    let stream = Ulid::generate();
    let mut group = vec![
        append(tenant, stream, 0, 2),
        append(tenant, stream, 2, 1),
        taking(new_stream(tenant, 0), number(1)),
    ];
    // Nothing is recorded of this one: no events, and no hash to know it by.
    group.push(Append { expected: 3, ..append(tenant, stream, 0, 0) });
    group[3].command.request_hash = None;
    let first = log.append_all(group.clone()).await.unwrap();
    log.append(append(tenant, stream, 3, 1)).await.unwrap();
    let again = log.append_all(group.clone()).await.unwrap();
    assert!(first.iter().zip(&again).all(|(a, b)| same_outcome(a, b)), "{first:?} {again:?}");
    assert!(again.iter().all(|outcome| outcome.duplicate));
    assert_eq!(log.head(tenant).await.unwrap(), 4);
    // One command of it, sent alone, gets its own outcome.
    let alone = log.append(group.swap_remove(1)).await.unwrap();
    assert!(alone.duplicate && same_outcome(&alone, &first[1]));
}

async fn a_group_that_is_sent_again_is_recognised(log: &dyn Log, tenant: Ulid) {
    let stream = Ulid::generate();
    let mut group =
        vec![append(tenant, stream, 0, 2), append(tenant, stream, 2, 2), new_stream(tenant, 1)];
    for append in &mut group {
        append.command.request_hash = None;
    }
    let first = log.append_all(group.clone()).await.unwrap();
    let again = log.append_all(group).await.unwrap();
    assert!(first.iter().zip(&again).all(|(a, b)| same_outcome(a, b)), "{first:?} {again:?}");
    assert!(again.iter().all(|outcome| outcome.duplicate));
}

async fn a_group_is_not_half_repeated(log: &dyn Log, tenant: Ulid) {
    let before = new_stream(tenant, 1);
    log.append(before.clone()).await.unwrap();
    let group = vec![new_stream(tenant, 1), before.clone()];
    let reused = AppendError::CommandIdReused(before.command.id);
    assert_eq!(log.append_all(group).await, Err(at(1, reused.clone())));
    let twice = vec![new_stream(tenant, 1), before.clone(), before];
    assert_eq!(log.append_all(twice).await, Err(at(2, reused)));
    assert_eq!(log.head(tenant).await.unwrap(), 1);
}

async fn a_value_is_taken_once_in_a_group(log: &dyn Log, tenant: Ulid) {
    let group = vec![
        taking(new_stream(tenant, 1), email("x")),
        new_stream(tenant, 1),
        taking(new_stream(tenant, 1), email("x")),
    ];
    let taken = AppendError::ClaimTaken { scope: "email".to_owned(), key: "x".to_owned() };
    assert_eq!(log.append_all(group).await, Err(at(2, taken)));
    let stream = Ulid::generate();
    let twice_by_one = vec![
        taking(append(tenant, stream, 0, 1), email("x")),
        taking(append(tenant, stream, 1, 1), email("x")),
    ];
    log.append_all(twice_by_one).await.unwrap();
}

async fn a_group_passes_a_value_on(log: &dyn Log, tenant: Ulid) {
    let [first, second, third] = [(); 3].map(|()| Ulid::generate());
    log.append(taking(append(tenant, first, 0, 1), email("x"))).await.unwrap();
    let too_late = vec![
        taking(append(tenant, second, 0, 1), email("x")),
        taking(append(tenant, first, 1, 1), release("x")),
    ];
    let taken = AppendError::ClaimTaken { scope: "email".to_owned(), key: "x".to_owned() };
    assert_eq!(log.append_all(too_late).await, Err(at(0, taken.clone())));
    let passed_on = vec![
        taking(append(tenant, first, 1, 1), release("x")),
        taking(append(tenant, second, 0, 1), email("x")),
    ];
    log.append_all(passed_on).await.unwrap();
    assert_eq!(log.append(taking(append(tenant, first, 2, 1), email("x"))).await, Err(taken));
    // Through several hands, and free in the end.
    let through = vec![
        taking(append(tenant, first, 2, 1), release("x")),
        taking(append(tenant, second, 1, 1), release("x")),
        taking(append(tenant, third, 0, 1), email("x")),
        taking(append(tenant, third, 1, 1), release("x")),
        taking(append(tenant, first, 3, 1), email("x")),
        taking(append(tenant, first, 4, 1), release("x")),
    ];
    log.append_all(through).await.unwrap();
    log.append(taking(append(tenant, third, 2, 1), email("x"))).await.unwrap();
}

async fn a_group_draws_numbers_in_order(log: &dyn Log, tenant: Ulid) {
    log.append(taking(new_stream(tenant, 1), number(1))).await.unwrap();
    let drawing = |numbers: [u64; 3]| numbers.map(|n| taking(new_stream(tenant, 1), number(n)));
    let taken = AppendError::NumberTaken("parcel".to_owned());
    for (numbers, index) in [([1, 2, 3], 0), ([2, 2, 3], 1), ([2, 3, 5], 2), ([3, 4, 5], 0)] {
        let refused = log.append_all(drawing(numbers).to_vec()).await;
        assert_eq!(refused, Err(at(index, taken.clone())), "{numbers:?}");
    }
    log.append_all(drawing([2, 3, 4]).to_vec()).await.unwrap();
    assert_eq!(log.series(tenant, &["parcel".to_owned()]).await.unwrap(), [4]);
}

async fn a_group_refers_to_what_it_writes(log: &dyn Log, tenant: Ulid) {
    let stream = Ulid::generate();
    let group = |before: u64, after: u64| {
        vec![
            referring(new_stream(tenant, 1), stream, before),
            append(tenant, stream, 0, 2),
            referring(new_stream(tenant, 1), stream, after),
        ]
    };
    let changed = AppendError::ReferenceChanged;
    assert_eq!(log.append_all(group(2, 2)).await, Err(at(0, changed.clone())));
    assert_eq!(log.append_all(group(0, 0)).await, Err(at(2, changed)));
    log.append_all(group(0, 2)).await.unwrap();
    assert_eq!(log.head(tenant).await.unwrap(), 4);
}

async fn a_group_brings_a_key_once(log: &dyn Log, tenant: Ulid) {
    let subject = Ulid::generate();
    let key = NewKey { subject, wrapped: vec![1; 60], tenant_key: 1 };
    let mut group = vec![new_stream(tenant, 1), new_stream(tenant, 1)];
    for append in &mut group {
        append.new_keys.push(key.clone());
        append.events[0].subjects.push(subject);
    }
    let exists = AppendError::KeyExists(subject);
    assert_eq!(log.append_all(group.clone()).await, Err(at(1, exists)));
    group[1].new_keys.clear();
    log.append_all(group).await.unwrap();
}

async fn a_group_has_limits(log: &dyn Log, tenant: Ulid) {
    let many = vec![new_stream(tenant, 1); 1_001];
    let refused = log.append_all(many).await.unwrap_err();
    assert!(matches!(refused.error, AppendError::TooLarge { actual: 1_001, limit: 1_000, .. }));
    let mut large: Vec<Append> = (0..9).map(|_| new_stream(tenant, 1)).collect();
    for append in &mut large {
        append.events[0].payload = vec![0; 1 << 20];
    }
    let refused = log.append_all(large).await.unwrap_err();
    assert_eq!(refused.index, 8, "the one with which it became too much");
    assert!(matches!(refused.error, AppendError::TooLarge { .. }), "{refused}");
    assert_eq!(log.head(tenant).await.unwrap(), 0);
}

async fn a_group_has_one_tenant(log: &dyn Log, a: Ulid, b: Ulid) {
    let refused = log.append_all(vec![new_stream(a, 1), new_stream(b, 1)]).await.unwrap_err();
    assert_eq!((refused.index, log.head(a).await.unwrap()), (1, 0));
    assert!(matches!(refused.error, AppendError::TooLarge { actual: 2, limit: 1, .. }));
}
