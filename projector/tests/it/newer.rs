//! The library as later programs declare it.

use domain::kernel::{
    Context, Domain, Folds, Id, Interpreter, Keys, ReadModel, Recorded, Slot, Text,
    testing::toy::{Book, BookEvent, Loan, LoanEvent, OnLoan, Shelf, ShelfRow},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The books, and how many loans of each came back in time.
pub(crate) struct Returns;

/// A book and what became of its loans.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ReturnsRow {
    /// The book.
    pub(crate) book: Id<Book>,
    /// The title on the cover.
    pub(crate) title: Text<120>,
    /// How often it was lent.
    pub(crate) times_lent: i64,
    /// How often it came back in time.
    pub(crate) in_time: i64,
    /// Where it stands.
    #[serde(default = "nowhere")]
    pub(crate) place: Text<20>,
}

fn nowhere() -> Text<20> {
    Text::parse("nowhere").unwrap()
}

impl ReadModel for Returns {
    const NAME: &'static str = "shelf";
    const ROW: &'static str = "shelved_book";
    const VERSION: u32 = 2;
    const KEY: &'static [&'static str] = &["book"];
    const INDEXES: &'static [&'static [&'static str]] = &[&["times_lent"], &["title"]];

    type Key = Id<Book>;
    type Row = ReturnsRow;
    type Sources = (Book, Loan);
}

impl Folds<Book> for Returns {
    fn keys(event: &Recorded<Book>) -> Keys<Id<Book>> {
        event.id.into()
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Book>) {
        match &event.event {
            BookEvent::Acquired { title, .. } => {
                let (book, title) = (event.id, title.clone());
                slot.put(ReturnsRow { book, title, times_lent: 0, in_time: 0, place: nowhere() });
            }
            BookEvent::Withdrawn { .. } => slot.remove(),
        }
    }
}

impl Folds<Loan> for Returns {
    fn keys(event: &Recorded<Loan>) -> Keys<Id<Book>> {
        <Shelf as Folds<Loan>>::keys(event)
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Loan>) {
        match &event.event {
            LoanEvent::Lent { .. } => slot.change(|row| row.times_lent += 1),
            LoanEvent::Returned { in_time, .. } => {
                slot.change(|row| row.in_time += i64::from(*in_time));
            }
            LoanEvent::Renewed { .. } | LoanEvent::Reminded {} => {}
        }
    }
}

/// A program that knows the second version of a read model, and still the first.
pub(crate) struct Newer;

impl Domain for Newer {
    fn declare(to: &mut impl Interpreter) {
        to.context::<NewerLibrary>();
    }
}

pub(crate) struct NewerLibrary;

impl Context for NewerLibrary {
    const NAME: &'static str = "library";
    const DOC: &'static str = "Lends books and looks at what comes back.";

    fn declare(to: &mut impl Interpreter) {
        to.aggregate::<Book>();
        to.aggregate::<Loan>();
        to.read_model::<Returns>();
        to.read_model::<OnLoan>();
        to.former_read_model::<Shelf>();
    }
}

/// The books, with columns that were added to them.
pub(crate) struct MarkedShelf;

/// A book, and what is noted on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct MarkedRow {
    /// The book.
    pub(crate) book: Id<Book>,
    /// Whether it is worth much.
    #[serde(default)]
    pub(crate) precious: bool,
    /// The title on the cover.
    pub(crate) title: Text<120>,
    /// Whether the library has it no more.
    pub(crate) withdrawn: bool,
    /// How often it was lent.
    pub(crate) times_lent: i64,
    /// When it was last lent, if ever.
    pub(crate) last_lent_at: Option<domain::kernel::Timestamp>,
    /// The loan it is out on, if it is out.
    pub(crate) loan: Option<Id<Loan>>,
    /// What is written in its margins, it being old.
    #[serde(default)]
    pub(crate) notes: Vec<i64>,
    /// Who gave it, if anybody did.
    #[serde(default)]
    pub(crate) donor: Option<Text<40>>,
    /// Where it stands: it's here.
    #[serde(default = "nowhere")]
    pub(crate) place: Text<20>,
}

impl ReadModel for MarkedShelf {
    const NAME: &'static str = "shelf";
    const ROW: &'static str = "shelved_book";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["book"];

    type Key = Id<Book>;
    type Row = MarkedRow;
    type Sources = (Book, Loan);
}

impl MarkedRow {
    fn of(row: ShelfRow) -> Self {
        let ShelfRow { book, title, withdrawn, times_lent, last_lent_at, loan } = row;
        let (precious, notes, donor, place) = (false, vec![], None, nowhere());
        Self {
            book,
            precious,
            title,
            withdrawn,
            times_lent,
            last_lent_at,
            loan,
            notes,
            donor,
            place,
        }
    }
}

impl Folds<Book> for MarkedShelf {
    fn keys(event: &Recorded<Book>) -> Keys<Id<Book>> {
        event.id.into()
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Book>) {
        match &event.event {
            BookEvent::Acquired { title, .. } => slot.put(MarkedRow::of(ShelfRow {
                book: event.id,
                title: title.clone(),
                withdrawn: false,
                times_lent: 0,
                last_lent_at: None,
                loan: None,
            })),
            BookEvent::Withdrawn { .. } => slot.change(|row| row.withdrawn = true),
        }
    }
}

impl Folds<Loan> for MarkedShelf {
    fn keys(event: &Recorded<Loan>) -> Keys<Id<Book>> {
        <Shelf as Folds<Loan>>::keys(event)
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Loan>) {
        match &event.event {
            LoanEvent::Lent { .. } => slot.change(|row| {
                row.times_lent += 1;
                row.last_lent_at = Some(event.envelope.occurred_at);
                row.loan = Some(event.id);
            }),
            LoanEvent::Returned { .. } => slot.change(|row| row.loan = None),
            LoanEvent::Renewed { .. } | LoanEvent::Reminded {} => {}
        }
    }
}

/// A program that has added columns to a read model.
pub(crate) struct Marked;

impl Domain for Marked {
    fn declare(to: &mut impl Interpreter) {
        to.context::<MarkedLibrary>();
    }
}

pub(crate) struct MarkedLibrary;

impl Context for MarkedLibrary {
    const NAME: &'static str = "library";
    const DOC: &'static str = "Lends books and writes on them.";

    fn declare(to: &mut impl Interpreter) {
        to.aggregate::<Book>();
        to.aggregate::<Loan>();
        to.read_model::<MarkedShelf>();
        to.read_model::<OnLoan>();
    }
}
