//! States that are put away.

use std::sync::Arc;

use domain::kernel::{
    Actor, Aggregate, EventCodec, Id, Timestamp, snapshot_fingerprint,
    testing::{
        arbitrary,
        toy::{Loan, Toy},
    },
};
use proptest::{collection::vec, prop_assert_eq, sample::Index, test_runner::TestRunner};
use ulid::Ulid;

use super::{Library, code, until, watched::Watched};
use crate::{
    Append, CommandRecord, CommandSettings, Commands, Log, MemoryLog, NewEvent, StoredSnapshot,
    commands::{cache::Cache, executor::Executor, seen::Seen, snapshots::Snapshots},
};

/// One after every event.
const ALWAYS: CommandSettings = CommandSettings {
    role: "test",
    cache_bytes: 1_000_000,
    snapshot_events: 1,
    snapshot_gain: 0.0,
};

/// A loan with a history of its own.
struct History {
    log: Arc<MemoryLog>,
    tenant: Ulid,
    loan: Ulid,
    events: Vec<(Ulid, <Loan as Aggregate>::Event)>,
}

impl History {
    async fn of(events: Vec<<Loan as Aggregate>::Event>) -> Self {
        let (log, tenant) = (Arc::new(MemoryLog::default()), Ulid::generate());
        log.provision(tenant);
        let events = events.into_iter().map(|event| (Ulid::generate(), event)).collect();
        let history = Self { log, tenant, loan: Ulid::generate(), events };
        history.log.append(history.append()).await.unwrap();
        history
    }

    fn append(&self) -> Append {
        let codec = EventCodec::<Loan>::new();
        let id = Ulid::generate();
        let new = |(id, event): &(Ulid, _)| {
            let stored = codec.encode(event).unwrap();
            NewEvent { id: *id, ..NewEvent::from(stored) }
        };
        Append {
            events: self.events.iter().map(new).collect(),
            ..Append::of(
                self.tenant,
                "loan",
                self.loan,
                CommandRecord::new(id, Actor::system("test"), Timestamp::from_micros(1)),
            )
        }
    }

    fn folded(&self, to: usize) -> Loan {
        self.events.iter().take(to).fold(Loan::default(), |mut loan, (_, event)| {
            loan.evolve(event);
            loan
        })
    }

    /// The snapshot that is right at a version.
    fn snapshot(&self, version: usize) -> StoredSnapshot {
        StoredSnapshot {
            stream_type: "loan".to_owned(),
            version: version as u64,
            event_id: self.events[version - 1].0,
            fingerprint: snapshot_fingerprint::<Loan>(),
            state: rmp_serde::to_vec_named(&self.folded(version)).unwrap().into(),
        }
    }

    async fn store(&self, snapshot: StoredSnapshot) {
        self.log.store_snapshot(self.tenant, self.loan, snapshot).await.unwrap();
    }

    /// The state as a process that remembers nothing loads it.
    async fn loaded(&self) -> (u64, Loan) {
        let commands = Commands::with::<Toy>(self.log.clone(), &ALWAYS);
        let key = (self.tenant, self.loan);
        let executor = Executor::<Loan>::default();
        let (version, loan) = executor.look(&commands.shared, key, false).await.unwrap();
        (version, (*loan).clone())
    }
}

#[test]
fn any_cut_through_a_snapshot_is_no_cut() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let histories = (vec(arbitrary::events::<Loan>(), 1..40), proptest::arbitrary::any::<Index>());
    TestRunner::new(proptest::test_runner::Config {
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_260_115),
        failure_persistence: None,
        ..proptest::test_runner::Config::default()
    })
    .run(&histories, |(events, cut)| {
        runtime.block_on(async {
            let length = events.len();
            let history = History::of(events).await;
            history.store(history.snapshot(cut.index(length) + 1)).await;
            prop_assert_eq!(history.loaded().await, (length as u64, history.folded(length)));
            Ok(())
        })
    })
    .unwrap();
}

/// A loan lent and renewed, with what a snapshot would make of it were it used
/// blindly: a loan that was returned.
async fn poisoned(change: impl FnOnce(&mut StoredSnapshot)) -> Loan {
    let library = Library::new();
    let (_, loan) = library.lent().await;
    library.done(library.renew(loan, 3000)).await;
    library.done(library.renew(loan, 3001)).await;
    let events = library.log.read_stream(library.tenant, loan.ulid(), 0, 10).await.unwrap();
    let mut snapshot = StoredSnapshot {
        stream_type: "loan".to_owned(),
        version: 2,
        event_id: events[1].envelope.event_id,
        fingerprint: snapshot_fingerprint::<Loan>(),
        state: rmp_serde::to_vec_named(&Loan::Returned).unwrap().into(),
    };
    change(&mut snapshot);
    library.log.store_snapshot(library.tenant, loan.ulid(), snapshot).await.unwrap();
    let commands = Commands::with::<Toy>(library.log.clone(), &ALWAYS);
    let executor = Executor::<Loan>::default();
    let key = (library.tenant, loan.ulid());
    let (version, loan) = executor.look(&commands.shared, key, false).await.unwrap();
    assert_eq!(version, 3);
    (*loan).clone()
}

type Change = fn(&mut StoredSnapshot);

#[tokio::test]
async fn a_snapshot_that_does_not_belong_is_ignored() {
    assert_eq!(poisoned(|_| ()).await, Loan::Returned, "one that belongs is used");
    let changes: [(&str, Change); 6] = [
        ("another shape or fold", |snapshot| snapshot.fingerprint[0] ^= 1),
        ("another type", |snapshot| snapshot.stream_type = "book".to_owned()),
        ("no state at all", |snapshot| snapshot.state = vec![0xC1].into()),
        ("from the future", |snapshot| snapshot.version = 4),
        ("far from the future", |snapshot| snapshot.version = u64::MAX / 2),
        ("another history", |snapshot| snapshot.event_id = Ulid::generate()),
    ];
    for (what, change) in changes {
        assert!(matches!(poisoned(change).await, Loan::Lent { renewals: 2, .. }), "{what}");
    }
}

/// The stores of cqrs-es fold the events after a snapshot twice, and so would
/// allow one renewal too few here.
#[tokio::test]
async fn nothing_is_folded_twice() {
    let library = Library::new();
    let (_, loan) = library.lent().await;
    for version in 2..=3 {
        let process = library.elsewhere(&ALWAYS);
        process.done(process.renew(loan, 3000 + u32::try_from(version).unwrap())).await;
        let stored = stored(&process, loan, version).await;
        let state: Loan = rmp_serde::from_slice(&stored.state).unwrap();
        let Loan::Lent { renewals, .. } = state else { unreachable!("{state:?}") };
        assert_eq!(u64::from(renewals), version - 1);
    }
    let library = library.elsewhere(&ALWAYS);
    let refused = library.run(library.renew(loan, 3004)).await.unwrap_err();
    assert_eq!(code(&refused), "LOAN_TOO_MANY_RENEWALS");
}

async fn stored(library: &Library, loan: Id<Loan>, version: u64) -> StoredSnapshot {
    until(async || {
        let stored = library.log.snapshot(library.tenant, loan.ulid()).await.unwrap();
        stored.filter(|stored| stored.version == version)
    })
    .await
}

#[tokio::test]
async fn a_snapshot_never_holds_a_command_up() {
    let (log, tenant) = (Arc::new(MemoryLog::default()), Ulid::generate());
    log.provision(tenant);
    let watched = Arc::new(Watched::open(log.clone()));
    let held = watched.snapshots.forget_permits(usize::MAX);
    let commands = Commands::with::<Toy>(watched.clone(), &ALWAYS);
    let library = Library { log, commands, tenant };
    let (_, loan) = library.lent().await;
    library.done(library.renew(loan, 3000)).await;
    // The book's is under way; the loan's were left out meanwhile.
    watched.snapshots.add_permits(held);
    until(async || {
        let free = library.commands.shared.snapshots.idle();
        free.then_some(())
    })
    .await;
    let none = library.log.snapshot(library.tenant, loan.ulid()).await.unwrap();
    assert_eq!(none, None);
    library.done(library.renew(loan, 3001)).await;
    assert_eq!(stored(&library, loan, 3).await.version, 3);
}

#[test]
fn a_snapshot_is_taken_when_it_pays() {
    let settings = CommandSettings::default();
    let snapshots = Snapshots::new(&settings);
    let born = Cache::new(&settings).now();
    let pays = |version: u64, snapshot: u64, event_nanos: f64| {
        let mut seen = Seen::<Loan>::revived(Loan::default(), version, Ulid::nil(), born);
        seen.about.snapshot = snapshot;
        snapshots.pays(&mut seen, event_nanos)
    };
    assert!(pays(10_000, 0, 4_000.0), "40 ms are saved");
    assert!(!pays(10_000, 9_900, 4_000.0), "the last one is near");
    assert!(!pays(199, 0, 1e9), "too few events");
    assert!(!pays(300, 0, 4_000.0), "1.2 ms are less than it costs");
    assert!(pays(300, 0, 40_000.0), "dear events");
    let off = Snapshots::new(&CommandSettings { snapshot_events: 0, ..settings });
    let mut seen = Seen::<Loan>::revived(Loan::default(), 1_000_000, Ulid::nil(), born);
    seen.about.snapshot = 0;
    assert!(!off.pays(&mut seen, 1e9), "turned off");
}
