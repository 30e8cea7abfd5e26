//! What may be asked of an invoice.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::line::{CreditedLine, Discount};
use crate::{
    billing::Customer,
    kernel::{Amount, BasisPoints, Command, Currency, Date, Days, Id, Money, Positive, Text},
    payments::{CaptureId, Payment},
};

/// Starts a draft for an open customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Who will owe it.
    pub customer_id: Id<Customer>,
    /// The currency of every amount in it, which must be the customer's.
    pub currency: Currency,
}

/// Adds a line to a draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddLine {
    /// What the line is called within its invoice. Adding the same line again
    /// changes nothing.
    pub line_id: Text<64>,
    /// What is billed.
    pub description: Text<200>,
    /// How many.
    pub quantity: Positive,
    /// What one costs before tax, nothing or more.
    pub unit_price: Money,
    /// The rate of tax on the line.
    pub tax_rate: BasisPoints,
    /// The part of the price that is let off on this line.
    #[serde(default)]
    pub discount_rate: Option<BasisPoints>,
}

/// Takes a line out of a draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveLine {
    /// Which line.
    pub line_id: Text<64>,
}

/// Lets off a part of a whole draft. When the invoice is issued it is spread
/// over the lines in proportion to what each comes to, in the order in which
/// discounts were applied, and never takes more than there is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyDiscount {
    /// What it is let off for: a coupon, an agreement. Each counts once.
    pub discount_id: Text<64>,
    /// How much.
    pub discount: Discount,
}

/// Issues a draft: fixes its lines, draws its number, and makes it owed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// When it falls due, if not by the customer's terms.
    #[serde(default)]
    pub due: Option<Due>,
}

/// When an invoice falls due.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// On a day, not before the day of issue.
    On(Date),
    /// So many days after the day of issue.
    InDays(Days),
}

/// Throws a draft away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Discard {}

/// Settles what is due with money that a payment has captured. What exceeds
/// it is recorded as an overpayment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyPayment {
    /// Which payment.
    pub payment_id: Id<Payment>,
    /// Which of its captures. Each counts once.
    pub capture_id: CaptureId,
    /// How much was captured.
    pub amount: Amount,
}

/// Takes back money that was applied and has left again. What was recorded
/// as an overpayment goes first; the rest becomes due again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnapplyPayment {
    /// Which payment.
    pub payment_id: Id<Payment>,
    /// The refund, chargeback or bounce. Each counts once.
    pub reversal_id: Text<64>,
    /// How much.
    pub amount: Amount,
    /// Why it left.
    pub reason: ReversalReason,
}

/// Why money that had arrived left again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReversalReason {
    /// It was given back.
    Refund,
    /// The payer's bank took it back.
    Chargeback,
    /// It never really came.
    Bounce,
}

/// Lets off a part of an issued invoice that has not been paid yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credit {
    /// What the credit is called within its invoice. Each counts once.
    pub credit_id: Text<64>,
    /// What is credited.
    pub what: CreditWhat,
    /// Why.
    pub reason: CreditReason,
}

/// What a credit lets off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CreditWhat {
    /// Parts of lines before tax; the tax on them goes with them.
    Lines(Vec<CreditedLine>),
    /// An amount with tax, spread over all lines.
    Amount(Amount),
}

/// Why an invoice is credited.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CreditReason {
    /// It was billed twice.
    Duplicate,
    /// What was delivered did not satisfy.
    Unsatisfactory,
    /// The order was changed afterwards.
    OrderChange,
    /// The order was cancelled.
    Cancellation,
    /// The order was a fraud.
    Fraud,
    /// Anything else.
    Other,
}

/// Marks an invoice whose day has passed. Ignored if the invoice no longer
/// falls due on that day or nothing is due.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkOverdue {
    /// The day it fell due.
    pub due_on: Date,
}

/// Gives up what is due.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteOff {
    /// Why.
    pub reason: Text<200>,
}

/// Declares an issued invoice void. Only while nothing has been paid,
/// credited or written off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Void {
    /// Why.
    pub reason: Text<200>,
}

/// An invoice is what a customer owes for which lines.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "every command is documented where its fields are")]
pub enum InvoiceCommand {
    Draft(Draft),
    AddLine(AddLine),
    RemoveLine(RemoveLine),
    ApplyDiscount(ApplyDiscount),
    Issue(Issue),
    Discard(Discard),
    ApplyPayment(ApplyPayment),
    UnapplyPayment(UnapplyPayment),
    Credit(Credit),
    MarkOverdue(MarkOverdue),
    WriteOff(WriteOff),
    Void(Void),
}

impl Command for InvoiceCommand {
    const CREATE: &'static [&'static str] = &["draft"];
}
