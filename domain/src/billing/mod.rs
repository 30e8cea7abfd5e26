//! Billing: who owes what, since when, and how it was settled.
//!
//! A [`Customer`] is invoiced; an [`Invoice`] says for what, and is settled by
//! payments and credits; a [`Receipt`] acknowledges each payment. Billing
//! looks at the payments context to see that money has been captured; nothing
//! looks back.
//!
//! Follow one invoice: [`invoice::command`], `invoice/decide.rs`,
//! [`invoice::event`], [`invoice::state`], then its row in [`invoices`].

pub mod customer;
pub mod invoice;
pub mod receipt;

#[cfg(test)]
mod examples;
#[cfg(test)]
mod stories;

pub mod aged_receivables;
pub mod customers;
pub mod daily_revenue;
pub mod invoices;
pub mod reactions;
pub mod receipts;

use crate::kernel::{Context, Interpreter};

pub use customer::{Customer, CustomerCommand, CustomerEvent, CustomerRejection};
pub use invoice::{Invoice, InvoiceCommand, InvoiceEvent, InvoiceRejection};
pub use receipt::{Receipt, ReceiptCommand, ReceiptEvent, ReceiptRejection};

/// The context.
pub struct Billing;

impl Context for Billing {
    const NAME: &'static str = "billing";
    const DOC: &'static str = "Who owes what, since when, and how it was settled.";

    fn declare(to: &mut impl Interpreter) {
        to.aggregate::<Customer>();
        to.aggregate::<Invoice>();
        to.aggregate::<Receipt>();
        to.read_model::<customers::Customers>();
        to.read_model::<invoices::Invoices>();
        to.read_model::<receipts::Receipts>();
        to.read_model::<aged_receivables::AgedReceivables>();
        to.read_model::<daily_revenue::DailyRevenue>();
        to.reaction::<reactions::SettleInvoices>();
        to.reaction::<reactions::AcknowledgePayments>();
        to.reaction::<reactions::WatchDueDates>();
    }
}
