//! Who has which book right now: rows that go away again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{Date, Folds, Id, Keys, Personal, ReadModel, Recorded, Slot, Text};

use super::{Book, Loan, LoanEvent};

/// The loans that are not over.
pub struct OnLoan;

/// A book that is out, and who has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OnLoanRow {
    /// The loan.
    pub loan: Id<Loan>,
    /// The loan's number.
    pub number: u64,
    /// The book that is out.
    pub book: Id<Book>,
    /// Who has it.
    pub borrower: Personal<Text<80>>,
    /// When it is due.
    pub until: Date,
    /// How the loan stands.
    pub standing: Standing,
    /// All due dates before the present one.
    pub earlier: Vec<Date>,
}

/// How a loan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The book is not due yet, or nobody has noticed.
    Fine,
    /// The borrower was reminded.
    Reminded,
}

impl ReadModel for OnLoan {
    const NAME: &'static str = "on_loan";
    const ROW: &'static str = "open_loan";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["loan"];
    const INDEXES: &'static [&'static [&'static str]] = &[&["until"], &["book"]];
    const OF_ONE_AGGREGATE: bool = true;

    type Key = Id<Loan>;
    type Row = OnLoanRow;
    type Sources = (Loan,);
}

impl Folds<Loan> for OnLoan {
    fn keys(event: &Recorded<Loan>) -> Keys<Id<Loan>> {
        event.id.into()
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Loan>) {
        match &event.event {
            LoanEvent::Lent { number, book, borrower, until } => slot.put(OnLoanRow {
                loan: event.id,
                number: *number,
                book: *book,
                borrower: borrower.clone(),
                until: *until,
                standing: Standing::Fine,
                earlier: vec![],
            }),
            LoanEvent::Renewed { until } => slot.change(|row| {
                row.earlier.push(row.until);
                row.until = *until;
                row.standing = Standing::Fine;
            }),
            LoanEvent::Reminded {} => slot.change(|row| row.standing = Standing::Reminded),
            LoanEvent::Returned { .. } => slot.remove(),
        }
    }
}
