//! A library that lends books: one small domain with everything a context can
//! have, for tests of whatever interprets declarations.
//!
//! A [`Book`] takes its ISBN for itself. A [`Loan`] refers to a book, takes it
//! for as long as it lasts, draws its number from a series without gaps, names
//! a person, and has events of an earlier shape. Two read models look at them,
//! one of which forgets its rows again, and a reaction minds the due dates.

mod book;
mod loan;
mod on_loan;
mod remind;
mod shelf;
#[cfg(test)]
mod tests;

pub use book::{Acquire, Book, BookCommand, BookEvent, BookRejection, Withdraw};
pub use loan::{Lend, Loan, LoanCommand, LoanEvent, LoanRejection, Remind, Renew, Return};
pub use on_loan::{OnLoan, OnLoanRow, Standing};
pub use remind::RemindOfDueDate;
pub use shelf::{Shelf, ShelfRow};

use crate::kernel::{Context, Domain, Interpreter};

/// The whole of the toy domain.
pub struct Toy;

impl Domain for Toy {
    fn declare(to: &mut impl Interpreter) {
        to.context::<Library>();
    }
}

/// The one context of the toy domain.
pub struct Library;

impl Context for Library {
    const NAME: &'static str = "library";
    const DOC: &'static str = "Lends books to people and minds their return.";

    fn declare(to: &mut impl Interpreter) {
        to.aggregate::<Book>();
        to.aggregate::<Loan>();
        to.read_model::<Shelf>();
        to.read_model::<OnLoan>();
        to.reaction::<RemindOfDueDate>();
    }
}
