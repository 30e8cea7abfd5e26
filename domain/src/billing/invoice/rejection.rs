//! Why an invoice refuses.

use schemars::JsonSchema;
use serde::Serialize;

use crate::kernel::{Currency, Date, Money, Rejection, Text};

/// The reasons for which an invoice refuses.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InvoiceRejection {
    /// There is no such invoice.
    #[error("there is no such invoice; draft it first")]
    NotFound,
    /// The invoice was drafted already, for somebody else or in another currency.
    #[error("the invoice exists already and is another one; draft it under a new id")]
    AlreadyExists,
    /// There is no such customer.
    #[error("there is no such customer; open the customer first")]
    CustomerNotFound,
    /// The customer can no longer be invoiced.
    #[error("the customer is closed and cannot be invoiced")]
    CustomerClosed,
    /// An amount is in another currency than the customer or the invoice.
    #[error("the currency is {got}, expected {expected}")]
    CurrencyDiffers {
        /// The currency that the amount must be in.
        expected: Currency,
        /// The currency that it is in.
        got: Currency,
    },
    /// Only a draft can be changed or issued.
    #[error("the invoice is not a draft; credit it or void it instead")]
    NotADraft,
    /// Only an issued invoice can be settled, credited or voided.
    #[error("the invoice is not issued")]
    NotIssued,
    /// The line id belongs to another line of the draft.
    #[error("line {line_id} is there already with other contents; remove it first")]
    LineIdReused {
        /// The line id.
        line_id: Text<64>,
    },
    /// A price is below zero.
    #[error("the unit price is {unit_price}, expected nothing or more; apply a discount instead")]
    NegativePrice {
        /// The price.
        unit_price: Money,
    },
    /// The draft has as many lines as it may have.
    #[error("an invoice has at most {limit} lines; start another one")]
    TooManyLines {
        /// How many it may have.
        limit: usize,
    },
    /// The lines would come to more than an invoice may.
    #[error("the lines come to more than {limit}; start another invoice")]
    TooLarge {
        /// What they may come to before tax.
        limit: Money,
    },
    /// The discount was applied already with another value.
    #[error("discount {discount_id} was applied with another value; use another discount id")]
    DiscountIdReused {
        /// The discount id.
        discount_id: Text<64>,
    },
    /// There is nothing to bill.
    #[error("the draft has no lines; add one first")]
    NoLines,
    /// The invoice was issued already with another due date.
    #[error("the invoice was issued as {number}, due on {due_on}")]
    AlreadyIssued {
        /// Its number.
        number: Text<24>,
        /// The last day to pay.
        due_on: Date,
    },
    /// The invoice would be due before it is issued.
    #[error("due on {due_on} lies before the day of issue, {issued_on}")]
    DueBeforeIssue {
        /// When it would be due.
        due_on: Date,
        /// The day of issue.
        issued_on: Date,
    },
    /// The payment has no such capture of that amount.
    #[error("the payment has captured no {amount} under that capture id")]
    NotCaptured {
        /// What was to be applied.
        amount: Money,
    },
    /// The capture was applied already with another amount.
    #[error("the capture was applied already with {received}")]
    CaptureReused {
        /// What it brought.
        received: Money,
    },
    /// More would be taken back than the payment has brought.
    #[error("the payment has brought {left}, {requested} cannot be taken back")]
    UnapplyExceedsApplied {
        /// What is left of it.
        left: Money,
        /// What was to be taken back.
        requested: Money,
    },
    /// The reversal was recorded already with another amount.
    #[error("reversal {reversal_id} was recorded already with {reversed}")]
    ReversalReused {
        /// The reversal id.
        reversal_id: Text<64>,
        /// What it took back.
        reversed: Money,
    },
    /// The credit was given already with other contents.
    #[error("credit {credit_id} was given already with other contents; use another credit id")]
    CreditIdReused {
        /// The credit id.
        credit_id: Text<64>,
    },
    /// A credit names a line that the invoice does not have.
    #[error("the invoice has no line {line_id}")]
    NoSuchLine {
        /// The line id.
        line_id: Text<64>,
    },
    /// The credit lets nothing off.
    #[error("the credit lets nothing off; name a line or an amount")]
    NothingToCredit,
    /// A credit would let off more of a line than is left of it.
    #[error("of line {line_id} only {left} can be credited, not {requested}")]
    CreditExceedsLine {
        /// The line id.
        line_id: Text<64>,
        /// What is left of it, before tax.
        left: Money,
        /// What was to be credited, before tax.
        requested: Money,
    },
    /// A credit would let off more than is due.
    #[error("only {due} is due, {requested} cannot be credited; refund a payment first")]
    CreditExceedsDue {
        /// What is due.
        due: Money,
        /// What was to be credited, with tax.
        requested: Money,
    },
    /// Something of the invoice has been settled, so it cannot be void.
    #[error("the invoice has payments, credits or write-offs and cannot be void; credit it")]
    AlreadySettled,
    /// There is nothing to give up.
    #[error("nothing is due that could be written off")]
    NothingDue,
    /// The last day to pay has not passed.
    #[error("the invoice can be paid until {due_on} and is not overdue")]
    NotYetOverdue {
        /// The last day to pay.
        due_on: Date,
    },
}

impl Rejection for InvoiceRejection {}
