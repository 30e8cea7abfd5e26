//! What is remembered of a customer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CustomerEvent;
use crate::kernel::{Currency, Days, Personal, Text};

/// A customer in one of the stages of its life.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Customer {
    /// Nothing has happened yet.
    #[default]
    Unknown,
    /// Can be invoiced.
    Open(Account),
    /// Can no longer be invoiced.
    Closed(Account),
}

/// What a tenant has agreed with a customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// The name that invoices are made out to.
    pub name: Text<120>,
    /// Where invoices go.
    pub email: Personal<Text<254>>,
    /// The currency of all invoices.
    pub currency: Currency,
    /// How many days after its issue an invoice falls due.
    pub payment_terms_days: Days,
}

/// Moves a customer on.
pub(super) fn evolve(customer: &mut Customer, event: &CustomerEvent) {
    match event {
        CustomerEvent::Opened { name, email, currency, payment_terms_days } => {
            *customer = Customer::Open(Account {
                name: name.clone(),
                email: email.clone(),
                currency: *currency,
                payment_terms_days: *payment_terms_days,
            });
        }
        CustomerEvent::Renamed { name } => {
            customer.change(|account| account.name = name.clone());
        }
        CustomerEvent::EmailReplaced { email, previous: _ } => {
            customer.change(|account| account.email = email.clone());
        }
        CustomerEvent::TermsAgreed { payment_terms_days } => {
            customer.change(|account| account.payment_terms_days = *payment_terms_days);
        }
        CustomerEvent::Closed { .. } => {
            *customer = match std::mem::take(customer) {
                Customer::Open(account) | Customer::Closed(account) => Customer::Closed(account),
                Customer::Unknown => Customer::Unknown,
            };
        }
    }
}

impl Customer {
    fn change(&mut self, change: impl FnOnce(&mut Account)) {
        match self {
            Self::Open(account) | Self::Closed(account) => change(account),
            Self::Unknown => {}
        }
    }
}
