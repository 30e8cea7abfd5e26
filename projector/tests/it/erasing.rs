//! People who are forgotten: what was folded from them goes with them.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::kernel::{
    Context, Domain, Folds, Id, Interpreter, Keys, Personal, ReadModel, Recorded, Slot, Text,
    testing::toy::{self, Book, Loan, LoanEvent},
};
use event_store::pg::uuid;
use projector::{Settings, rebuild};
use rand::{Rng, SeedableRng, rngs::StdRng};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::library::{Library, Tenant, day};

/// How many people of each initial have borrowed something: which row an event
/// touches follows from what may be erased.
struct Initials;

/// An initial of borrowers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct InitialRow {
    /// The letter; `?` where nobody knows.
    initial: Text<4>,
    /// How many loans.
    loans: i64,
    /// Who was the last.
    last: Personal<Text<80>>,
}

fn initial(event: &LoanEvent) -> Option<Text<4>> {
    let LoanEvent::Lent { borrower, .. } = event else { return None };
    let first = borrower.known().and_then(|name| name.as_ref().chars().next());
    Some(Text::of(first.unwrap_or('?')))
}

impl ReadModel for Initials {
    const NAME: &'static str = "initials";
    const ROW: &'static str = "initial";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["initial"];
    const INDEXES: &'static [&'static [&'static str]] = &[&["last"]];
    type Key = Text<4>;
    type Row = InitialRow;
    type Sources = (Loan,);
}

impl Folds<Loan> for Initials {
    fn keys(event: &Recorded<Loan>) -> Keys<Text<4>> {
        initial(&event.event).map_or(Keys::None, Keys::One)
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Loan>) {
        let LoanEvent::Lent { borrower, .. } = &event.event else { return };
        let (initial, last) = (slot.key().clone(), borrower.clone());
        slot.change_or_start(
            || InitialRow { initial, loans: 0, last: Personal::ERASED },
            |row| {
                row.loans += 1;
                row.last = last;
            },
        );
    }
}

pub(crate) struct Town;
struct Desk;

impl Domain for Town {
    fn declare(to: &mut impl Interpreter) {
        to.context::<toy::Library>();
        to.context::<Desk>();
    }
}

impl Context for Desk {
    const NAME: &'static str = "desk";
    const DOC: &'static str = "Counts who comes.";
    fn declare(to: &mut impl Interpreter) {
        to.read_model::<Initials>();
    }
}

impl Tenant<'_> {
    /// Lends a book to somebody, who is a loan of their own to the toy.
    async fn lend_to(&self, book: Id<Book>, name: &str) -> Id<Loan> {
        let loan = Id::new(Ulid::generate());
        let borrower = Personal::from(Text::parse(name).unwrap());
        self.write(loan, &LoanEvent::Lent { number: 7, book, borrower, until: day(15) }).await;
        loan
    }

    /// Lends a book to whoever has another loan.
    async fn lend_again(&self, book: Id<Book>, whose: Id<Loan>, name: &str) -> Id<Loan> {
        let loan = Id::new(Ulid::generate());
        let borrower = Personal::from(Text::parse(name).unwrap()).about(whose.ulid());
        self.write(loan, &LoanEvent::Lent { number: 8, book, borrower, until: day(15) }).await;
        loan
    }
}

async fn counts(library: &Library) -> Vec<String> {
    let sql = "SELECT initial || loans FROM read.initials_v1 ORDER BY 1";
    library.rows(sql, &[]).await.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn no_table_holds_plaintext() {
    let library = Library::with::<Town>().await;
    let tenant = library.tenant().await;
    let book = tenant.acquire().await;
    tenant.lend_to(book, "Thandiwe").await;
    library.projector().step_until_idle().await.unwrap();
    rebuild(&library.pool("tenantry_owner"), &library.registry, &library.ring, "initials", |_| {})
        .await
        .unwrap();
    for table in ["on_loan_v1", "initials_v1"] {
        let rows = library.rows(&format!("SELECT t::text FROM read.{table} AS t"), &[]).await;
        let text: String = rows[0].get(0);
        let hidden = "5468616e64697765";
        assert!(!text.contains("Thandiwe") && !text.contains(hidden), "{text}");
        assert!(text.contains("\\x"), "{text}");
    }
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn who_is_erased_goes_from_every_row() {
    let library = Library::with::<Town>().await;
    let tenant = library.tenant().await;
    let other = library.tenant().await;
    let book = tenant.acquire().await;
    let thandi = tenant.lend_to(book, "Thandi").await;
    tenant.lend_again(book, thandi, "Thandi").await;
    tenant.lend_to(book, "Sipho").await;
    let elsewhere = other.acquire().await;
    other.lend_to(elsewhere, "Thandi").await;
    let mut projector = library.projector();
    projector.step_until_idle().await.unwrap();
    assert_eq!(counts(&library).await, ["S1", "T1", "T2"]);
    let positions = tenant.checkpoint("on_loan_v1").await;

    let erased = tenant.erase(thandi).await;
    assert_eq!((erased.number, erased.events), (1, 2));
    // Her keys are gone, but not what was folded from her.
    assert_eq!(counts(&library).await, ["S1", "T1", "T2"]);
    let stepped = projector.step_until_idle().await.unwrap();
    assert_eq!((stepped.moved, stepped.lost, stepped.stuck), (3, 0, 0));
    assert!(stepped.refolded > 0, "{stepped:?}");
    assert_eq!(counts(&library).await, ["?2", "S1", "T1"]);
    let sealed = "SELECT count(*) FROM read.on_loan_v1
                  WHERE (borrower IS NULL) AND (borrower_match IS NULL)";
    assert_eq!(library.number(sealed).await, 2);
    assert_eq!(tenant.checkpoint("on_loan_v1").await, positions);
    library.verified().await;

    // What comes later of hers is refused; all else goes on.
    tenant.lend_to(book, "Zodwa").await;
    projector.step_until_idle().await.unwrap();
    assert_eq!(counts(&library).await, ["?2", "S1", "T1", "Z1"]);
    assert_eq!(projector.step().await.unwrap(), projector::Stepped::default());
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn whoever_leaves_streams_out_forgets_all_the_same() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    let book = tenant.acquire().await;
    let loan = tenant.lend_to(book, "Thandi").await;
    tenant.write_raw("loan", Ulid::generate(), "burned", 1, b"\x80").await;
    let settings = Settings { first_wait: Duration::from_hours(1), ..Settings::default() };
    let mut projector = library.projector_with(settings);
    projector.step_until_idle().await.unwrap();
    assert_eq!(library.number("SELECT count(*) FROM log.quarantined_streams").await, 2);
    tenant.erase(loan).await;
    projector.step_until_idle().await.unwrap();
    let left = "SELECT count(borrower) + count(borrower_match) FROM read.on_loan_v1";
    assert_eq!(library.number(left).await, 0);
    assert_eq!(library.number("SELECT min(erasures) FROM log.checkpoints").await, 1);
    assert_eq!(library.number("SELECT count(*) FROM log.quarantined_streams").await, 2);
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn a_verification_tells_of_people_who_are_still_remembered() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    let book = tenant.acquire().await;
    let loan = tenant.lend_to(book, "Thandi").await;
    library.projector().step_until_idle().await.unwrap();
    tenant.erase(loan).await;
    let owner = library.pool("tenantry_owner");
    let verified = projector::verify(
        &owner,
        &library.registry,
        &library.ring,
        &projector::Scope::default(),
        |_| {},
    )
    .await
    .unwrap();
    let told: Vec<_> = verified.differences.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].ends_with("1 erasures are not taken in yet; run a projector"), "{told:?}");
    library.close().await;
}

#[tokio::test]
async fn bytes_of_another_tenant_stop_a_row_and_nothing_is_shown() {
    let library = Library::open().await;
    let (one, other) = (library.tenant().await, library.tenant().await);
    let (book, elsewhere) = (one.acquire().await, other.acquire().await);
    one.lend_to(book, "Thandi").await;
    other.lend_to(elsewhere, "Sipho").await;
    library.projector().step_until_idle().await.unwrap();
    let moved = "UPDATE read.on_loan_v1 SET borrower = (
                     SELECT borrower FROM read.on_loan_v1 WHERE tenant_id = $1
                 ) WHERE tenant_id = $2";
    library.rows(moved, &[&uuid(other.id), &uuid(one.id)]).await;
    let owner = library.pool("tenantry_owner");
    let verified = projector::verify(
        &owner,
        &library.registry,
        &library.ring,
        &projector::Scope::default(),
        |_| {},
    )
    .await
    .unwrap();
    let told: Vec<_> = verified.differences.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|text| text.contains("borrower cannot be opened")), "{told:?}");
    assert!(!told.iter().any(|text| text.contains("Sipho") || text.contains("Thandi")));
    library.close().await;
}

/// Erased at any moment, between steps, restarts, rebuilds and further events:
/// in the end everything is as a fresh fold of the erased log.
#[tokio::test]
async fn whenever_people_are_erased_rows_are_as_folded_afresh() {
    let library = Library::with::<Town>().await;
    let owner = library.pool("tenantry_owner");
    for seed in 0..12 {
        let mut chance = StdRng::seed_from_u64(seed);
        let tenant = library.tenant().await;
        let book = tenant.acquire().await;
        let mut people: Vec<(Id<Loan>, String)> = vec![];
        let mut erased = BTreeSet::new();
        let settings = |chance: &mut StdRng| Settings {
            batch: chance.random_range(1..20),
            refold: chance.random_range(1..8),
            kept_rows: if chance.random_bool(0.5) { 0 } else { 1_000 },
            first_wait: Duration::ZERO,
            ..Settings::default()
        };
        let mut projectors = [
            library.projector_with(settings(&mut chance)),
            library.projector_with(settings(&mut chance)),
        ];
        for _ in 0..50 {
            match chance.random_range(0..10) {
                0..3 => {
                    let name = ["Thandi", "Sipho", "Zodwa", "Thabo"][chance.random_range(0..4)];
                    people.push((tenant.lend_to(book, name).await, name.to_owned()));
                }
                3 if !people.is_empty() => {
                    let (whose, name) = &people[chance.random_range(0..people.len())];
                    if !erased.contains(whose) {
                        tenant.lend_again(book, *whose, name).await;
                    }
                }
                4 if !people.is_empty() => {
                    let (loan, _) = people[chance.random_range(0..people.len())];
                    tenant.renew(loan).await;
                }
                5 if !people.is_empty() => {
                    let (whose, _) = people[chance.random_range(0..people.len())];
                    tenant.erase(whose).await;
                    erased.insert(whose);
                }
                6 => projectors[0] = library.projector_with(settings(&mut chance)),
                7 if chance.random_bool(0.3) => {
                    let name = ["on_loan", "initials"][chance.random_range(0..2)];
                    let ring = library.keys("tenantry_owner");
                    rebuild(&owner, &library.registry, &ring, name, |_| {}).await.unwrap();
                }
                _ => {
                    let which = chance.random_range(0..2);
                    projectors[which].step().await.unwrap();
                }
            }
        }
        projectors[1].step_until_idle().await.unwrap();
        let behind = "SELECT count(*) FROM log.checkpoints AS c JOIN log.heads AS h
                      USING (tenant_id) WHERE c.erasures <> h.erasures OR c.position <> h.position";
        assert_eq!(library.number(behind).await, 0, "seed {seed}");
        library.verified().await;
    }
    library.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn projectors_that_race_forget_together() {
    let library = Library::with::<Town>().await;
    let tenants = [library.tenant().await, library.tenant().await];
    let done = Arc::new(AtomicBool::new(false));
    let racers: Vec<_> = (0..3)
        .map(|_| {
            let settings = Settings { batch: 5, refold: 7, ..Settings::default() };
            let mut projector = library.projector_with(settings);
            let done = done.clone();
            tokio::spawn(async move {
                loop {
                    let last = done.load(Ordering::SeqCst);
                    let stepped = projector.step_until_idle().await.unwrap();
                    assert_eq!(stepped.stuck, 0);
                    if last {
                        return;
                    }
                }
            })
        })
        .collect();
    for round in 0..10 {
        for tenant in &tenants {
            let book = tenant.acquire().await;
            let loan = tenant.lend_to(book, "Thandi").await;
            tenant.lend_again(book, loan, "Thandi").await;
            if round % 2 == 0 {
                tenant.erase(loan).await;
            }
        }
    }
    done.store(true, Ordering::SeqCst);
    for racer in racers {
        racer.await.unwrap();
    }
    assert_eq!(counts(&library).await, ["?10", "?10", "T10", "T10"]);
    library.verified().await;
    library.close().await;
}
