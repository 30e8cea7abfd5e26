//! Why a receipt refuses.

use schemars::JsonSchema;
use serde::Serialize;

use super::Receipt;
use crate::kernel::{Id, Rejection};

/// The reasons for which a receipt refuses.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReceiptRejection {
    /// The receipt for a capture has one id, and this is another.
    #[error("the receipt for this capture has the id {expected}; issue it under that id")]
    WrongId {
        /// The id that belongs to the capture.
        expected: Id<Receipt>,
    },
    /// The receipt was issued already for another invoice.
    #[error("the receipt for this capture was issued already for another invoice")]
    AlreadyIssued,
    /// The invoice has not received this capture.
    #[error("the invoice has not received this capture; apply the payment first")]
    NotReceived,
}

impl Rejection for ReceiptRejection {}
