//! What customers owe, by the day it was due and the day it was booked.
//!
//! Each row is a change, not a balance: the balance as of any date, however
//! long ago, is the sum of all rows booked by then, and its age is how long
//! before that date each of them was due.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    billing::{Customer, Invoice, invoice::InvoiceEvent as Event},
    kernel::{Currency, Date, Folds, Id, Keys, Money, ReadModel, Recorded, Slot},
};

/// All changes of what customers owe.
pub struct AgedReceivables;

/// By how much one day's bookings changed what a customer owes of one due date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgedReceivableRow {
    /// Who owes it.
    pub customer_id: Id<Customer>,
    /// The currency.
    pub currency: Currency,
    /// The last day to pay.
    pub due_on: Date,
    /// The day of the bookings.
    pub booked_on: Date,
    /// How much more is owed because of them, less if below zero.
    pub amount_minor: i64,
    /// How many bookings there were.
    pub bookings: i64,
}

impl ReadModel for AgedReceivables {
    const NAME: &'static str = "aged_receivables";
    const ROW: &'static str = "aged_receivable";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["customer_id", "currency", "due_on", "booked_on"];
    const INDEXES: &'static [&'static [&'static str]] = &[&["currency", "due_on"], &["booked_on"]];

    type Key = (Id<Customer>, Currency, Date, Date);
    type Row = AgedReceivableRow;
    type Sources = (Invoice,);
}

/// What an event changes of what is owed: who owes it, since when it is due,
/// and by how much it grows or shrinks.
fn change(event: &Event) -> Option<(Id<Customer>, Date, i64, Money)> {
    match event {
        Event::Issued { customer_id, due_on, total: amount, .. }
        | Event::PaymentUnapplied { customer_id, due_on, amount, .. } => {
            Some((*customer_id, *due_on, 1, *amount))
        }
        Event::PaymentApplied { customer_id, due_on, amount, .. }
        | Event::Credited { customer_id, due_on, total: amount, .. }
        | Event::WrittenOff { customer_id, due_on, amount, .. }
        | Event::Voided { customer_id, due_on, total: amount, .. } => {
            Some((*customer_id, *due_on, -1, *amount))
        }
        // Drafts are not owed, and money that nothing was due for settles nothing.
        Event::Drafted { .. }
        | Event::LineAdded { .. }
        | Event::LineRemoved { .. }
        | Event::DiscountApplied { .. }
        | Event::Discarded {}
        | Event::OverpaymentRecorded { .. }
        | Event::OverpaymentReturned { .. }
        | Event::Paid { .. }
        | Event::Reopened { .. }
        | Event::BecameOverdue { .. } => None,
    }
}

impl Folds<Invoice> for AgedReceivables {
    fn keys(recorded: &Recorded<Invoice>) -> Keys<Self::Key> {
        match change(&recorded.event) {
            Some((customer_id, due_on, _, amount)) => {
                let booked_on = recorded.envelope.occurred_at.date();
                (customer_id, amount.currency, due_on, booked_on).into()
            }
            None => Keys::None,
        }
    }

    fn apply(slot: &mut Slot<'_, Self>, recorded: &Recorded<Invoice>) {
        let Some((.., sign, amount)) = change(&recorded.event) else { return };
        let (customer_id, currency, due_on, booked_on) = *slot.key();
        let first = || AgedReceivableRow {
            customer_id,
            currency,
            due_on,
            booked_on,
            amount_minor: 0,
            bookings: 0,
        };
        slot.change_or_start(first, |row| {
            row.amount_minor += sign * amount.minor;
            row.bookings += 1;
        });
    }
}
