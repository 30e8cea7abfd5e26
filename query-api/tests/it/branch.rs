//! The toy library, looked at in more ways: rows with a key of two parts, rows
//! of which each belongs to one other, and rows that share their name with
//! the whole. In `holdings` are rows with a field of every kind.

use domain::kernel::{
    Context, Date, Domain, Folds, Id, Interpreter, Keys, ReadModel, Recorded, Slot,
    testing::toy::{Book, Library, Loan, LoanEvent},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::holdings::Holdings;

/// The library and its desk.
pub(crate) struct Branch;

impl Domain for Branch {
    fn declare(to: &mut impl Interpreter) {
        to.context::<Library>();
        to.context::<Desk>();
    }
}

struct Desk;

impl Context for Desk {
    const NAME: &'static str = "desk";
    const DOC: &'static str = "Counts what goes over the desk.";

    fn declare(to: &mut impl Interpreter) {
        to.read_model::<BookDays>();
        to.read_model::<Readership>();
        to.read_model::<Holdings>();
    }
}

struct BookDays;

/// How often a book was lent until a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct BookDayRow {
    /// Which book.
    book_id: Id<Book>,
    /// The day it is due.
    day: Date,
    /// How often it was lent until then.
    lent: i64,
}

impl ReadModel for BookDays {
    const NAME: &'static str = "book_days";
    const ROW: &'static str = "book_day";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["book_id", "day"];

    type Key = (Id<Book>, Date);
    type Row = BookDayRow;
    type Sources = (Loan,);
}

impl Folds<Loan> for BookDays {
    fn keys(event: &Recorded<Loan>) -> Keys<(Id<Book>, Date)> {
        match &event.event {
            LoanEvent::Lent { book, until, .. } => (*book, *until).into(),
            LoanEvent::Renewed { .. } | LoanEvent::Reminded {} | LoanEvent::Returned { .. } => {
                Keys::None
            }
        }
    }

    fn apply(slot: &mut Slot<'_, Self>, _: &Recorded<Loan>) {
        let (book_id, day) = *slot.key();
        slot.change_or_start(|| BookDayRow { book_id, day, lent: 0 }, |row| row.lent += 1);
    }
}

struct Readership;

/// How many people read a book.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct ReadershipRow {
    /// Which book.
    book: Id<Book>,
    /// How many have read it.
    readers: i64,
    /// When the last of them has to give it back.
    last: Option<Date>,
}

impl ReadModel for Readership {
    const NAME: &'static str = "readership";
    const ROW: &'static str = "readership";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["book"];

    type Key = Id<Book>;
    type Row = ReadershipRow;
    type Sources = (Loan,);
}

impl Folds<Loan> for Readership {
    fn keys(event: &Recorded<Loan>) -> Keys<Id<Book>> {
        match &event.event {
            LoanEvent::Lent { book, .. } => (*book).into(),
            LoanEvent::Renewed { .. } | LoanEvent::Reminded {} | LoanEvent::Returned { .. } => {
                Keys::None
            }
        }
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Loan>) {
        let book = *slot.key();
        if let LoanEvent::Lent { until, .. } = &event.event {
            slot.change_or_start(
                || ReadershipRow { book, readers: 0, last: None },
                |row| {
                    row.readers += 1;
                    row.last = Some(*until);
                },
            );
        }
    }
}
