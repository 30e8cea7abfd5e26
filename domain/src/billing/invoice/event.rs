//! What becomes true of an invoice.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    command::{CreditReason, ReversalReason},
    line::{AppliedDiscount, BilledLine, CreditedLine, Line, Tax},
};
use crate::{
    billing::Customer,
    kernel::{Currency, Date, Event, Id, Money, Text},
    payments::{CaptureId, Payment},
};

/// The facts of an invoice's life. Those that move money name the customer
/// and the day it was due, so that debts can be aged from them alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceEvent {
    /// A draft was started.
    Drafted {
        /// Who will owe it.
        customer_id: Id<Customer>,
        /// The currency of every amount in it.
        currency: Currency,
    },
    /// The draft has one more line.
    LineAdded {
        /// The line.
        line: Line,
    },
    /// The draft has one line less.
    LineRemoved {
        /// Which line.
        line_id: Text<64>,
    },
    /// Something is let off the whole draft.
    DiscountApplied {
        /// The discount.
        discount: AppliedDiscount,
    },
    /// The customer owes the total; lines and number stand from now on.
    Issued {
        /// The number, as printed.
        number: Text<24>,
        /// The place in the series of the year, without gaps.
        sequence: u64,
        /// Who owes it.
        customer_id: Id<Customer>,
        /// The day of issue.
        issued_on: Date,
        /// The last day to pay.
        due_on: Date,
        /// The lines after all discounts.
        lines: Vec<BilledLine>,
        /// The tax of each rate.
        taxes: Vec<Tax>,
        /// All lines before tax.
        net: Money,
        /// All tax.
        tax: Money,
        /// What is owed.
        total: Money,
    },
    /// The draft was thrown away.
    Discarded {},
    /// Money settled a part of what was due, or all of it.
    PaymentApplied {
        /// Which payment.
        payment_id: Id<Payment>,
        /// Which of its captures.
        capture_id: CaptureId,
        /// How much was settled.
        amount: Money,
        /// Who owed it.
        customer_id: Id<Customer>,
        /// The last day to pay.
        due_on: Date,
    },
    /// Money came for which nothing was due.
    OverpaymentRecorded {
        /// Which payment.
        payment_id: Id<Payment>,
        /// Which of its captures.
        capture_id: CaptureId,
        /// How much was too much.
        amount: Money,
        /// Who paid too much.
        customer_id: Id<Customer>,
    },
    /// Nothing is due any more, through payments, credits or both.
    Paid {
        /// The day.
        paid_on: Date,
    },
    /// Money that had settled something left again, so that is due again.
    PaymentUnapplied {
        /// Which payment.
        payment_id: Id<Payment>,
        /// The refund, chargeback or bounce.
        reversal_id: Text<64>,
        /// Why it left.
        reason: ReversalReason,
        /// How much is due again.
        amount: Money,
        /// Who owes it.
        customer_id: Id<Customer>,
        /// The last day to pay.
        due_on: Date,
    },
    /// Money for which nothing had been due left again.
    OverpaymentReturned {
        /// Which payment.
        payment_id: Id<Payment>,
        /// The refund, chargeback or bounce.
        reversal_id: Text<64>,
        /// Why it left.
        reason: ReversalReason,
        /// How much.
        amount: Money,
        /// Who had paid too much.
        customer_id: Id<Customer>,
    },
    /// Nothing was due, and now something is again.
    Reopened {
        /// The last day to pay.
        due_on: Date,
    },
    /// A part of the invoice was let off.
    Credited {
        /// What the credit is called.
        credit_id: Text<64>,
        /// Why.
        reason: CreditReason,
        /// How much of which line, before tax.
        lines: Vec<CreditedLine>,
        /// The tax that goes with them, by rate.
        taxes: Vec<Tax>,
        /// All lines before tax.
        net: Money,
        /// All tax.
        tax: Money,
        /// What is no longer due.
        total: Money,
        /// Who owed it.
        customer_id: Id<Customer>,
        /// The last day to pay.
        due_on: Date,
    },
    /// The day to pay has passed and something is due.
    BecameOverdue {
        /// The last day to pay.
        due_on: Date,
        /// What is due.
        due: Money,
        /// Who owes it.
        customer_id: Id<Customer>,
    },
    /// What was due was given up.
    WrittenOff {
        /// How much.
        amount: Money,
        /// Why.
        reason: Text<200>,
        /// Who owed it.
        customer_id: Id<Customer>,
        /// The last day to pay.
        due_on: Date,
    },
    /// The invoice never was: nothing of it is owed.
    Voided {
        /// Why.
        reason: Text<200>,
        /// All lines before tax, as issued.
        net: Money,
        /// All tax, as issued.
        tax: Money,
        /// What is no longer owed.
        total: Money,
        /// Who owed it.
        customer_id: Id<Customer>,
        /// The last day it would have been due.
        due_on: Date,
    },
}

impl Event for InvoiceEvent {}
