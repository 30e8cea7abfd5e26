//! Who is served when, without a server and without time.

use domain::kernel::{Actor, Claim, Timestamp};

use super::*;
use crate::{Append, CommandRecord, Limits, NewEvent};

struct Site {
    queue: Queue,
    verdicts: Vec<oneshot::Receiver<Outcome>>,
}

fn site(settings: CommitSettings) -> Site {
    Site { queue: Queue::new(settings, Arc::default()), verdicts: vec![] }
}

fn settings(batch: usize, tenant_batch: usize) -> CommitSettings {
    CommitSettings { batch, tenant_batch, ..CommitSettings::default() }
}

const A: Ulid = Ulid(1);
const B: Ulid = Ulid(2);
const C: Ulid = Ulid(3);

fn append(tenant: Ulid, stream: u128) -> Append {
    Append {
        events: vec![NewEvent::new("changed", vec![0; 100])],
        ..Append::of(
            tenant,
            "thing",
            Ulid(stream),
            CommandRecord::new(Ulid::generate(), Actor::system("test"), Timestamp::from_micros(0)),
        )
    }
}

impl Site {
    fn push(&mut self, appends: Vec<Append>) -> Result<Arc<Fate>, AppendError> {
        let (answer, verdict) = oneshot::channel();
        self.verdicts.push(verdict);
        let fate = Arc::new(Fate::default());
        let tenant = appends[0].tenant;
        let group = Group::new(appends, &Limits::default()).unwrap();
        self.queue.push(Pending { tenant, group, answer, fate: fate.clone() })?;
        Ok(fate)
    }

    /// Adds `count` appends of a tenant to streams of their own.
    fn add(&mut self, tenant: Ulid, count: u128) {
        for _ in 0..count {
            self.push(vec![append(tenant, Ulid::generate().0)]).unwrap();
        }
    }

    fn take(&mut self) -> Vec<Pending> {
        self.take_at(Instant::now()).groups
    }

    fn take_at(&mut self, now: Instant) -> Batch {
        let settings = self.queue.settings.clone();
        let load = self.queue.load.clone();
        self.queue.state().take(&settings, &load, now)
    }

    fn tenants(&mut self) -> Vec<Ulid> {
        self.take().iter().map(|pending| pending.tenant).collect()
    }
}

#[test]
fn tenants_are_served_in_turns() {
    let mut site = site(settings(6, 6));
    site.add(A, 100);
    site.add(B, 2);
    site.add(C, 1);
    assert_eq!(site.tenants(), [A, B, C, A, B, A]);
    site.add(C, 1);
    assert_eq!(site.tenants(), [A, C, A, A, A, A], "what came last does not wait for the flood");
}

#[test]
fn a_flood_fills_no_more_than_its_share_of_a_call() {
    let mut site = site(settings(100, 10));
    site.add(A, 50);
    assert_eq!(site.tenants(), [A; 10]);
    site.add(B, 3);
    assert_eq!(site.tenants().iter().filter(|tenant| **tenant == B).count(), 3);
}

#[test]
fn more_tenants_than_a_call_holds_take_turns() {
    let mut site = site(settings(4, 4));
    for tenant in 1..=6 {
        site.add(Ulid(tenant), 2);
    }
    let served: Vec<Ulid> = [site.tenants(), site.tenants(), site.tenants()].concat();
    assert_eq!(served, [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6].map(Ulid));
}

#[test]
fn writers_of_one_stream_wait_for_each_other_and_keep_their_order() {
    let mut site = site(settings(100, 100));
    for stream in [1, 1, 2, 1, 3] {
        site.push(vec![append(A, stream)]).unwrap();
    }
    // A group that writes a stream of theirs holds its place as well.
    site.push(vec![append(A, 4), append(A, 1)]).unwrap();
    site.push(vec![append(A, 4)]).unwrap();
    let streams = |taken: Vec<Pending>| -> Vec<u128> {
        taken.iter().map(|pending| pending.group.appends[0].stream.0).collect()
    };
    assert_eq!(streams(site.take()), [1, 2, 3]);
    assert_eq!(streams(site.take()), [1]);
    assert_eq!(streams(site.take()), [1]);
    assert_eq!(streams(site.take()), [4], "the group");
    assert_eq!(streams(site.take()), [4]);
    assert_eq!(site.queue.load.appends(), 0);
}

#[test]
fn what_touches_the_same_does_not_share_a_call() {
    let claiming = |stream, key: &str| {
        let mut append = append(A, stream);
        append.claims.push(Claim::take("email", key.to_owned()));
        append
    };
    let mut referring = append(A, 5);
    referring.references.push((Ulid(1), 1));
    let mut repeated = append(A, 7);
    repeated.command.id = Ulid(9);
    let again = Append { stream: Ulid(8), ..repeated.clone() };
    let clashing = [
        (append(A, 1), referring.clone()),
        (referring, append(A, 1)),
        (claiming(1, "x"), claiming(2, "x")),
        (repeated, again),
    ];
    for (first, second) in clashing {
        let mut site = site(settings(100, 100));
        site.push(vec![first.clone()]).unwrap();
        site.push(vec![second.clone()]).unwrap();
        // Another tenant's are others, even of the same names.
        site.push(vec![Append { tenant: B, ..second }]).unwrap();
        assert_eq!(site.tenants(), [A, B], "{first:?}");
        assert_eq!(site.tenants(), [A]);
    }
}

#[test]
fn a_call_has_so_many_bytes_unless_one_append_has_more() {
    let mut site = site(CommitSettings { batch_bytes: 250, ..settings(100, 100) });
    site.add(A, 2);
    let mut large = append(B, 1);
    large.events[0].payload = vec![0; 1_000];
    site.push(vec![large]).unwrap();
    site.add(C, 1);
    assert_eq!(site.tenants(), [A, C], "the large one does not fit");
    assert_eq!(site.tenants(), [B], "and comes first in the next call, alone");
    assert_eq!(site.tenants(), [A]);
}

#[test]
fn there_is_a_bound_for_all_and_a_smaller_one_for_each() {
    let bounds = CommitSettings { queue: 10, tenant_queue: 4, ..CommitSettings::default() };
    let mut site = site(bounds);
    site.add(A, 4);
    assert_eq!(site.push(vec![append(A, 1)]).unwrap_err(), AppendError::Overloaded(4));
    site.add(B, 4);
    site.push(vec![append(C, 1), append(C, 2)]).unwrap();
    assert_eq!(site.push(vec![append(Ulid(4), 1)]).unwrap_err(), AppendError::Overloaded(10));
    assert_eq!(site.take().len(), 9);
    site.add(A, 4);
}

#[test]
fn there_is_a_bound_for_bytes() {
    let mut site = site(CommitSettings { queue_bytes: 250, ..CommitSettings::default() });
    site.add(A, 2);
    assert!(matches!(site.push(vec![append(B, 1)]), Err(AppendError::Overloaded(2))));
    site.take();
    // A single one is taken, however large.
    let mut large = append(A, 1);
    large.events[0].payload = vec![0; 1_000];
    site.push(vec![large]).unwrap();
}

#[test]
fn who_has_given_up_is_not_served() {
    let mut site = site(settings(100, 100));
    let fate = site.push(vec![append(A, 1)]).unwrap();
    site.add(B, 1);
    assert!(fate.give_up());
    assert_eq!(site.tenants(), [B]);
    assert!(!fate.send(), "and would not be sent by whoever took it before");
    assert_eq!(site.queue.load.appends(), 0);
}

#[test]
fn what_is_sent_cannot_be_given_up_until_it_is_known_to_have_failed() {
    let fate = Fate::default();
    assert!(fate.send() && fate.send());
    assert!(!fate.give_up());
    fate.unsend();
    assert!(fate.give_up());
}

#[test]
fn a_locked_tenant_is_left_alone_for_a_while() {
    let mut site = site(settings(100, 100));
    for stream in [1, 2] {
        site.push(vec![append(A, stream)]).unwrap();
    }
    let now = Instant::now();
    let taken = site.take_at(now);
    assert!(!taken.skip_locked);
    site.queue.put_back(taken.groups);
    site.add(B, 1);
    let others = site.take_at(now);
    assert_eq!(others.groups.len(), 1);
    assert_eq!((others.groups[0].tenant, others.skip_locked), (B, false));
    let again = site.take_at(now + Duration::from_mins(1));
    assert!(again.skip_locked, "somebody may still hold it");
    let streams: Vec<Ulid> = again.groups.iter().map(|p| p.group.appends[0].stream).collect();
    assert_eq!(streams, [Ulid(1), Ulid(2)], "in the old order");
}

#[tokio::test]
async fn what_was_put_back_is_taken_again() {
    let mut site = site(settings(100, 100));
    site.add(A, 1);
    let taken = site.queue.take().await.unwrap();
    site.queue.put_back(taken.groups);
    assert!(site.queue.take().await.unwrap().skip_locked);
}

#[tokio::test]
async fn a_closed_queue_is_emptied_and_accepts_nothing() {
    let mut site = site(settings(1, 1));
    site.add(A, 2);
    site.queue.close();
    assert!(matches!(site.push(vec![append(A, 1)]), Err(AppendError::Unavailable(_))));
    assert!(site.queue.take().await.is_some());
    assert!(site.queue.take().await.is_some());
    assert!(site.queue.take().await.is_none());
}
