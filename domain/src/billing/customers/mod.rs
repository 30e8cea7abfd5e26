//! Every customer as it stands.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    billing::{Customer, customer::CustomerEvent as Event},
    kernel::{Currency, Folds, Id, Keys, Personal, ReadModel, Recorded, Slot, Text, Timestamp},
};

/// All customers.
pub struct Customers;

/// One customer: who is invoiced, where, and on which terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CustomerRow {
    /// The customer.
    pub id: Id<Customer>,
    /// The name that invoices are made out to.
    #[schemars(extend("x-search" = "parts"))]
    pub name: Text<120>,
    /// Where invoices go.
    pub email: Personal<Text<254>>,
    /// The currency of all of the customer's invoices.
    pub currency: Currency,
    /// How many days after its issue an invoice falls due.
    pub payment_terms_days: i64,
    /// Whether the customer can be invoiced.
    pub status: CustomerStatus,
    /// When the customer was opened.
    pub opened_at: Timestamp,
    /// When the customer was closed, if so.
    pub closed_at: Option<Timestamp>,
}

/// Whether a customer can be invoiced.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomerStatus {
    /// Yes.
    Open,
    /// No longer.
    Closed,
}

impl ReadModel for Customers {
    const NAME: &'static str = "customers";
    const ROW: &'static str = "customer";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["id"];
    const INDEXES: &'static [&'static [&'static str]] = &[&["name"], &["opened_at"]];
    const OF_ONE_AGGREGATE: bool = true;

    type Key = Id<Customer>;
    type Row = CustomerRow;
    type Sources = (Customer,);
}

impl Folds<Customer> for Customers {
    fn keys(event: &Recorded<Customer>) -> Keys<Id<Customer>> {
        event.id.into()
    }

    fn apply(slot: &mut Slot<'_, Self>, recorded: &Recorded<Customer>) {
        let at = recorded.envelope.occurred_at;
        match &recorded.event {
            Event::Opened { name, email, currency, payment_terms_days } => slot.put(CustomerRow {
                id: recorded.id,
                name: name.clone(),
                email: email.clone(),
                currency: *currency,
                payment_terms_days: payment_terms_days.get(),
                status: CustomerStatus::Open,
                opened_at: at,
                closed_at: None,
            }),
            Event::Renamed { name } => slot.change(|row| row.name = name.clone()),
            Event::EmailReplaced { email, .. } => slot.change(|row| row.email = email.clone()),
            Event::TermsAgreed { payment_terms_days } => {
                slot.change(|row| row.payment_terms_days = payment_terms_days.get());
            }
            Event::Closed { .. } => slot.change(|row| {
                row.status = CustomerStatus::Closed;
                row.closed_at = Some(at);
            }),
        }
    }
}
