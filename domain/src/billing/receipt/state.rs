//! What is remembered of a receipt.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ReceiptEvent;
use crate::{billing::Invoice, kernel::Id};

/// A receipt in one of the stages of its life.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Receipt {
    /// Nothing has happened yet.
    #[default]
    Unknown,
    /// Issued, and unchangeable.
    Issued {
        /// For which invoice.
        invoice_id: Id<Invoice>,
    },
}

/// Moves a receipt on.
pub(super) fn evolve(receipt: &mut Receipt, event: &ReceiptEvent) {
    match event {
        ReceiptEvent::Issued { invoice_id, .. } => {
            *receipt = Receipt::Issued { invoice_id: *invoice_id };
        }
    }
}
