//! What may be asked of a receipt.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    billing::Invoice,
    kernel::{Command, Id},
    payments::{CaptureId, Payment},
};

/// Issues the receipt for money that an invoice has received. Tenantry does so
/// by itself; doing it again changes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// For which invoice.
    pub invoice_id: Id<Invoice>,
    /// Of which payment.
    pub payment_id: Id<Payment>,
    /// Which capture of it.
    pub capture_id: CaptureId,
}

/// A receipt says how much of which payment was received for an invoice.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "every command is documented where its fields are")]
pub enum ReceiptCommand {
    Issue(Issue),
}

impl Command for ReceiptCommand {
    const CREATE: &'static [&'static str] = &["issue"];
}
