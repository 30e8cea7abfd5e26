//! A fold that panics is quarantined like any other that cannot be done.

use std::sync::atomic::{AtomicBool, Ordering};

use domain::kernel::{
    Context, Domain, Folds, Id, Interpreter, Keys, Personal, ReadModel, Recorded, Slot, Text,
    testing::toy::{self, Book, BookEvent, Loan, LoanEvent},
};
use event_store::pg::uuid;
use projector::{Pasts, Which, rebuild};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::{
    library::Library,
    poison::{brief, desk, patient, quarantined},
};

/// Books by their backs, one of which nobody can bear to look at.
struct Spines;

/// A book's back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct SpineRow {
    /// The book.
    book: Id<Book>,
    /// What is written on it.
    title: Text<120>,
}

/// Whether the fold still panics.
static PANICS: AtomicBool = AtomicBool::new(true);

const UNBEARABLE: &str = "The King in Yellow";

impl ReadModel for Spines {
    const NAME: &'static str = "spines";
    const ROW: &'static str = "spine";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["book"];
    type Key = Id<Book>;
    type Row = SpineRow;
    type Sources = (Book,);
}

impl Folds<Book> for Spines {
    fn keys(event: &Recorded<Book>) -> Keys<Id<Book>> {
        event.id.into()
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Book>) {
        match &event.event {
            BookEvent::Acquired { title, .. } => {
                let bears = title.as_ref() != UNBEARABLE || !PANICS.load(Ordering::SeqCst);
                assert!(bears, "cannot bear to look at it");
                slot.put(SpineRow { book: event.id, title: title.clone() });
            }
            BookEvent::Withdrawn { .. } => slot.remove(),
        }
    }
}

/// Who has a book, which is no question once they are forgotten.
struct Faces;

/// Somebody who has a book.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct FaceRow {
    /// The loan.
    loan: Id<Loan>,
    /// Who it is.
    borrower: Personal<Text<80>>,
}

impl ReadModel for Faces {
    const NAME: &'static str = "faces";
    const ROW: &'static str = "face";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["loan"];
    const OF_ONE_AGGREGATE: bool = true;
    type Key = Id<Loan>;
    type Row = FaceRow;
    type Sources = (Loan,);
}

impl Folds<Loan> for Faces {
    fn keys(event: &Recorded<Loan>) -> Keys<Id<Loan>> {
        event.id.into()
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Loan>) {
        if let LoanEvent::Lent { borrower, .. } = &event.event {
            assert!(borrower.known().is_some(), "who is it?");
            slot.put(FaceRow { loan: event.id, borrower: borrower.clone() });
        }
    }
}

struct Study;
struct Gaze;

impl Domain for Study {
    fn declare(to: &mut impl Interpreter) {
        to.context::<toy::Library>();
        to.context::<Gaze>();
    }
}

impl Context for Gaze {
    const NAME: &'static str = "gaze";
    const DOC: &'static str = "Looks at books.";
    fn declare(to: &mut impl Interpreter) {
        to.read_model::<Spines>();
        to.read_model::<Faces>();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fold_that_panics_stops_its_stream_in_its_read_model_alone() {
    let library = Library::with::<Study>().await;
    let (ill, well) = (library.tenant().await, library.tenant().await);
    ill.busy(1).await;
    let book = Id::<Book>::new(Ulid::generate());
    let title = Text::parse(UNBEARABLE).unwrap();
    ill.write(book, &BookEvent::Acquired { isbn: Text::of(book), title }).await;
    ill.lend(book).await;
    ill.write(book, &BookEvent::Withdrawn { isbn: Text::of(book) }).await;
    ill.busy(1).await;
    well.busy(1).await;

    // A past, of which nobody knows yet what to leave out.
    let keys = library.keys("tenantry_projector");
    let pasts = Pasts::new(library.pool("tenantry_projector"), library.registry.clone(), keys);
    let sql =
        "INSERT INTO log.pasts (tenant_id, past_id, position, requested_by, reason, expires_at)
             VALUES ($1, $1, 7, 'operator:nomsa', 'an audit', now() + interval '1 day')";
    library.rows(sql, &[&uuid(ill.id)]).await;
    while pasts.step().await.unwrap() {}
    let error = "SELECT string_agg(error, '') FROM log.past_tables";
    let error: String = library.rows(error, &[]).await[0].get(0);
    assert_eq!(error, "the event at position 6: the fold panicked: cannot bear to look at it");

    let mut projector = patient(&library);
    let stepped = projector.step_until_idle().await.unwrap();
    assert_eq!((stepped.quarantined, stepped.stuck), (1, 0));
    for (tenant, head) in [(&ill, 13), (&well, 5)] {
        for consumer in ["shelf_v1", "on_loan_v1", "spines_v1", "faces_v1"] {
            assert_eq!(tenant.checkpoint(consumer).await, head, "{consumer}");
        }
    }
    let found = [quarantined("spines", 6, 1, 1)];
    assert_eq!(brief(&library).await, found);
    assert_eq!(library.number("SELECT count(*) FROM read.spines_v1").await, 3);
    library.verified().await;
    let owner = library.pool("tenantry_owner");
    rebuild(&owner, &library.registry, &library.ring, "spines", |_| {}).await.unwrap();
    assert_eq!(brief(&library).await, found);
    assert_eq!(library.number("SELECT count(*) FROM read.spines_v1").await, 3);
    // Tried again too early, then by a program that can.
    desk(&library).retry(Which::default()).await.unwrap();
    assert_eq!(projector.step_until_idle().await.unwrap().lifted, 0);
    assert_eq!(brief(&library).await, [quarantined("spines", 6, 2, 1)]);
    PANICS.store(false, Ordering::SeqCst);
    desk(&library).retry(Which::default()).await.unwrap();
    assert_eq!(projector.step_until_idle().await.unwrap().lifted, 1);
    assert_eq!(brief(&library).await, []);
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn whoever_is_erased_goes_though_the_fold_panics_without_them() {
    let library = Library::with::<Study>().await;
    let tenant = library.tenant().await;
    let book = tenant.acquire().await;
    let (gone, stays) = (tenant.lend(book).await, tenant.lend(book).await);
    let mut projector = patient(&library);
    projector.step_until_idle().await.unwrap();
    tenant.erase(gone).await;
    projector.step_until_idle().await.unwrap();
    assert_eq!(library.number("SELECT min(erasures) FROM log.checkpoints").await, 1);
    let left = library.rows("SELECT loan FROM read.faces_v1", &[]).await;
    let left: Vec<uuid::Uuid> = left.iter().map(|row| row.get(0)).collect();
    assert_eq!(left, [uuid(stays.ulid())]);
    assert_eq!(brief(&library).await, [quarantined("faces", 2, 1, 0)]);
    library.verified().await;
    library.close().await;
}
