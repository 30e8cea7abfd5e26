//! All books there ever were: rows folded from two aggregates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{Folds, Id, Keys, ReadModel, Recorded, Slot, Text, Timestamp};

use super::{Book, BookEvent, Loan, LoanEvent};

/// The books of the library and how much they are read.
pub struct Shelf;

/// A book and how much it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShelfRow {
    /// The book.
    pub book: Id<Book>,
    /// The title on the cover.
    pub title: Text<120>,
    /// Whether the library has it no more.
    pub withdrawn: bool,
    /// How often it was lent.
    pub times_lent: i64,
    /// When it was last lent, if ever.
    pub last_lent_at: Option<Timestamp>,
    /// The loan it is out on, if it is out.
    pub loan: Option<Id<Loan>>,
}

impl ReadModel for Shelf {
    const NAME: &'static str = "shelf";
    const ROW: &'static str = "shelved_book";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["book"];

    type Key = Id<Book>;
    type Row = ShelfRow;
    type Sources = (Book, Loan);
}

impl Folds<Book> for Shelf {
    fn keys(event: &Recorded<Book>) -> Keys<Id<Book>> {
        event.id.into()
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Book>) {
        match &event.event {
            BookEvent::Acquired { title, .. } => slot.put(ShelfRow {
                book: event.id,
                title: title.clone(),
                withdrawn: false,
                times_lent: 0,
                last_lent_at: None,
                loan: None,
            }),
            BookEvent::Withdrawn { .. } => slot.change(|row| row.withdrawn = true),
        }
    }
}

impl Folds<Loan> for Shelf {
    fn keys(event: &Recorded<Loan>) -> Keys<Id<Book>> {
        match &event.event {
            LoanEvent::Lent { book, .. } | LoanEvent::Returned { book, .. } => (*book).into(),
            LoanEvent::Renewed { .. } | LoanEvent::Reminded {} => Keys::None,
        }
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
