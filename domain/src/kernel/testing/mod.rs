//! Tests of declarations: given/when/then for what one example should do, and
//! the [`laws`] for what holds of every history.
//!
//! ```ignore
//! given::<Loan>([lent()]).when(Renew { until: in_two_weeks() }).then([renewed()]);
//! folding::<Shelf>([of(book, acquired()), of(loan, lent())]).then_rows([on_loan()]);
//! reacting::<RemindOfDueDate>(loan, lent()).then([remind_in_two_weeks()]);
//! laws::aggregate::<Loan>(|loan| loan.renewals_stay_within_bounds());
//! laws::read_model::<Shelf>();
//! fixtures::<Loan>("src/library/loan/fixtures");
//! ```

pub mod arbitrary;
mod behaviour;
mod fixed;
mod fixtures;
mod folded;
mod folding;
mod insisting;
pub mod laws;
mod reacting;
mod show;
#[cfg(test)]
mod tests;
pub mod toy;
mod values;

pub use behaviour::{Given, Known, Outcome, given, nothing};
#[cfg(test)]
pub(super) use fixed::envelope;
pub use fixed::{NOW, TENANT, facts, id, morning_of, person, somebody, target, today};
pub use fixtures::{fixtures, kept};
pub use folding::{Folded, Step, folding, of};
pub use insisting::CameTo;
pub use reacting::{Reacting, reacting};
pub use values::{amount, days, rate, text, zar};
