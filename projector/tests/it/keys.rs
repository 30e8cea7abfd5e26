//! Rows with keys of several parts, and events that touch several rows.

use domain::kernel::{
    Context, Domain, Folds, Id, Interpreter, Keys, ReadModel, Recorded, Slot, Text, Timestamp,
    testing::toy::{Book, Loan, LoanEvent},
};
use projector::{Settings, rebuild};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::library::Library;

/// How often a book was lent, all in all and by month.
struct Lendings;

/// A count of lendings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct LendingsRow {
    /// How many.
    count: i64,
    /// Which ones: a month, or all.
    span: Text<10>,
    /// Whether there was more than one.
    several: bool,
    /// The book.
    book: Id<Book>,
    /// When the last one was.
    last_at: Timestamp,
}

impl ReadModel for Lendings {
    const NAME: &'static str = "lendings";
    const ROW: &'static str = "lending";
    const VERSION: u32 = 3;
    // Not in the order of the columns.
    const KEY: &'static [&'static str] = &["book", "span"];
    const INDEXES: &'static [&'static [&'static str]] = &[&["book"], &["count", "last_at"]];
    type Key = (Id<Book>, Text<10>);
    type Row = LendingsRow;
    type Sources = (Loan,);
}

impl Folds<Loan> for Lendings {
    fn keys(event: &Recorded<Loan>) -> Keys<Self::Key> {
        match &event.event {
            LoanEvent::Lent { book, until, .. } => {
                let month = until.to_string()[..7].to_owned();
                Keys::Many(vec![(*book, Text::of("all")), (*book, Text::of(month))])
            }
            LoanEvent::Returned { book, .. } => Keys::One((*book, Text::of("2026-01"))),
            LoanEvent::Renewed { .. } | LoanEvent::Reminded {} => Keys::None,
        }
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Loan>) {
        if let LoanEvent::Returned { .. } = event.event {
            slot.remove();
            return;
        }
        let (book, span) = slot.key().clone();
        let last_at = event.envelope.occurred_at;
        slot.change_or_start(
            || LendingsRow { count: 0, span, several: false, book, last_at },
            |row| {
                row.several = row.count > 0;
                row.count += 1;
                row.last_at = last_at;
            },
        );
    }
}

struct Ledger;
struct Counting;

impl Domain for Ledger {
    fn declare(to: &mut impl Interpreter) {
        to.context::<Counting>();
    }
}

impl Context for Counting {
    const NAME: &'static str = "counting";
    const DOC: &'static str = "Counts what a library lends.";
    fn declare(to: &mut impl Interpreter) {
        to.aggregate::<Book>();
        to.aggregate::<Loan>();
        to.read_model::<Lendings>();
    }
}

const COUNTS: &str = "SELECT span || ' ' || count || ' ' || several FROM read.lendings_v3
                      ORDER BY book, span";

async fn counts(library: &Library) -> Vec<String> {
    library.rows(COUNTS, &[]).await.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn keys_of_several_parts_find_their_rows() {
    let library = Library::with::<Ledger>().await;
    let tenant = library.tenant().await;
    let mut projector = library.projector_with(Settings { kept_rows: 0, ..Settings::default() });
    let (one, other) = (tenant.acquire().await, tenant.acquire().await);
    for book in [one, one, other, one] {
        tenant.lend(book).await;
        projector.step_until_idle().await.unwrap();
    }
    let (all, month) = ("all 3 true".to_owned(), "2026-01 3 true".to_owned());
    let (one_all, one_month) = ("all 1 false".to_owned(), "2026-01 1 false".to_owned());
    assert_eq!(counts(&library).await, [month, all.clone(), one_month.clone(), one_all.clone()]);

    let loan = tenant.lend(other).await;
    tenant.give_back(loan, one).await;
    projector.step_until_idle().await.unwrap();
    let twice = ["2026-01 2 true".to_owned(), "all 2 true".to_owned()];
    assert_eq!(counts(&library).await, [&[all][..], &twice[..]].concat());
    library.verified().await;

    let before = (library.table("lendings_v3").await, library.anatomy("lendings_v3").await);
    let owner = library.pool("tenantry_owner");
    rebuild(&owner, &library.registry, &library.ring, "lendings", |_| {}).await.unwrap();
    let after = (library.table("lendings_v3").await, library.anatomy("lendings_v3").await);
    assert_eq!(after, before);
    library.close().await;
}
