//! What follows from payments and invoices without anybody asking.

#[cfg(test)]
mod tests;

use crate::{
    billing::{
        Invoice,
        invoice::{
            InvoiceCommand, InvoiceEvent,
            command::{ApplyPayment, MarkOverdue, ReversalReason, UnapplyPayment},
        },
        receipt::{ReceiptCommand, command::Issue, receipt_id},
    },
    kernel::{Intent, Reaction, Recorded, Timer},
    payments::{
        Payment,
        payment::{PaymentEvent, command::Purpose},
    },
};

/// Money captured for an invoice settles it; money refunded is due again.
pub struct SettleInvoices;

impl Reaction for SettleInvoices {
    const NAME: &'static str = "settle-invoices";
    type Source = Payment;

    fn react(recorded: &Recorded<Payment>) -> Vec<Intent> {
        let payment_id = recorded.id;
        match recorded.event.clone() {
            PaymentEvent::Captured {
                capture_id,
                amount,
                purpose: Purpose::Invoice(invoice),
                ..
            }
            | PaymentEvent::Received {
                capture_id,
                amount,
                purpose: Purpose::Invoice(invoice),
                ..
            } => {
                let apply = ApplyPayment { payment_id, capture_id, amount };
                vec![Intent::dispatch(invoice, &InvoiceCommand::ApplyPayment(apply))]
            }
            PaymentEvent::RefundSucceeded {
                refund_id,
                amount,
                purpose: Purpose::Invoice(invoice),
                // Late money was never applied.
                late_capture_id: None,
                ..
            } => {
                let reason = ReversalReason::Refund;
                let unapply = UnapplyPayment { payment_id, reversal_id: refund_id, amount, reason };
                vec![Intent::dispatch(invoice, &InvoiceCommand::UnapplyPayment(unapply))]
            }
            _ => vec![],
        }
    }
}

/// Every capture that reaches an invoice is acknowledged by one receipt.
pub struct AcknowledgePayments;

impl Reaction for AcknowledgePayments {
    const NAME: &'static str = "acknowledge-payments";
    type Source = Invoice;

    fn react(recorded: &Recorded<Invoice>) -> Vec<Intent> {
        match recorded.event.clone() {
            // A capture that is more than enough is told in both events; the
            // second meets the receipt that the first has asked for.
            InvoiceEvent::PaymentApplied { payment_id, capture_id, .. }
            | InvoiceEvent::OverpaymentRecorded { payment_id, capture_id, .. } => {
                let id = receipt_id(payment_id, &capture_id);
                let issue = Issue { invoice_id: recorded.id, payment_id, capture_id };
                vec![Intent::dispatch(id, &ReceiptCommand::Issue(issue))]
            }
            _ => vec![],
        }
    }
}

/// An invoice that is not settled becomes overdue on the day after its last
/// day to pay.
pub struct WatchDueDates;

impl Reaction for WatchDueDates {
    const NAME: &'static str = "watch-due-dates";
    type Source = Invoice;

    fn react(recorded: &Recorded<Invoice>) -> Vec<Intent> {
        let timer = Timer::of(recorded.id, "overdue");
        match recorded.event {
            InvoiceEvent::Issued { due_on, .. } | InvoiceEvent::Reopened { due_on } => {
                let mark = InvoiceCommand::MarkOverdue(MarkOverdue { due_on });
                vec![Intent::schedule(timer, due_on.plus_days(1).start(), recorded.id, &mark)]
            }
            InvoiceEvent::Paid { .. }
            | InvoiceEvent::WrittenOff { .. }
            | InvoiceEvent::Voided { .. } => vec![Intent::Cancel(timer)],
            _ => vec![],
        }
    }
}
