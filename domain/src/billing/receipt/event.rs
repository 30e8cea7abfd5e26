//! What becomes true of a receipt.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    billing::{Customer, Invoice},
    kernel::{Date, Event, Id, Money, Text},
    payments::{CaptureId, Payment},
};

/// The one fact of a receipt's life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptEvent {
    /// The money was acknowledged.
    Issued {
        /// The number, as printed.
        number: Text<24>,
        /// The place in the series of the year, without gaps.
        sequence: u64,
        /// For which invoice.
        invoice_id: Id<Invoice>,
        /// The invoice's number, as printed.
        invoice_number: Text<24>,
        /// Who owed it.
        customer_id: Id<Customer>,
        /// Of which payment.
        payment_id: Id<Payment>,
        /// Which capture of it.
        capture_id: CaptureId,
        /// All that was received, with what was too much.
        amount: Money,
        /// The day of issue.
        issued_on: Date,
    },
}

impl Event for ReceiptEvent {}
