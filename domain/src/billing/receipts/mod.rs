//! Every receipt.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    billing::{Customer, Invoice, Receipt, receipt::ReceiptEvent as Event},
    kernel::{Currency, Date, Folds, Id, Keys, ReadModel, Recorded, Slot, Text},
    payments::{CaptureId, Payment},
};

/// All receipts.
pub struct Receipts;

/// One receipt: what was received from whom for which invoice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptRow {
    /// The receipt.
    pub id: Id<Receipt>,
    /// The number, as printed.
    pub number: Text<24>,
    /// For which invoice.
    pub invoice_id: Id<Invoice>,
    /// The invoice's number, as printed.
    pub invoice_number: Text<24>,
    /// Who owed it.
    pub customer_id: Id<Customer>,
    /// Of which payment.
    pub payment_id: Id<Payment>,
    /// Which capture of it.
    pub capture_id: CaptureId,
    /// The currency.
    pub currency: Currency,
    /// All that was received.
    pub amount_minor: i64,
    /// The day of issue.
    pub issued_on: Date,
}

impl ReadModel for Receipts {
    const NAME: &'static str = "receipts";
    const ROW: &'static str = "receipt";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["id"];
    const INDEXES: &'static [&'static [&'static str]] =
        &[&["issued_on"], &["customer_id", "issued_on"], &["invoice_id"], &["payment_id"]];
    const OF_ONE_AGGREGATE: bool = true;

    type Key = Id<Receipt>;
    type Row = ReceiptRow;
    type Sources = (Receipt,);
}

impl Folds<Receipt> for Receipts {
    fn keys(event: &Recorded<Receipt>) -> Keys<Id<Receipt>> {
        event.id.into()
    }

    fn apply(slot: &mut Slot<'_, Self>, recorded: &Recorded<Receipt>) {
        let Event::Issued {
            number,
            sequence: _,
            invoice_id,
            invoice_number,
            customer_id,
            payment_id,
            capture_id,
            amount,
            issued_on,
        } = recorded.event.clone();
        slot.put(ReceiptRow {
            id: recorded.id,
            number,
            invoice_id,
            invoice_number,
            customer_id,
            payment_id,
            capture_id,
            currency: amount.currency,
            amount_minor: amount.minor,
            issued_on,
        });
    }
}
