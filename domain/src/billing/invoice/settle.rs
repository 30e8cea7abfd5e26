//! How an issued invoice is settled, and why not.

use super::{
    Invoice, InvoiceEvent as Event, InvoiceRejection as Rejection,
    command::{ApplyPayment, MarkOverdue, UnapplyPayment, Void, WriteOff},
    decide::{Decision, same_currency},
    issued::IssuedInvoice,
};
use crate::{
    kernel::{Facts, Money, already},
    payments::Payment,
};

/// Applies captured money to what is due, and records what is too much.
pub(super) fn apply_payment(invoice: &Invoice, command: &ApplyPayment, facts: &Facts) -> Decision {
    let issued = issued(invoice)?;
    let ApplyPayment { payment_id, capture_id, amount } = command.clone();
    let received = amount.money();
    if let Some(known) = issued.received(payment_id, &capture_id) {
        return already(known == received, || Rejection::CaptureReused { received: known });
    }
    same_currency(issued.currency(), amount.currency())?;
    let payment: Option<&Payment> = facts.state(payment_id);
    if payment.and_then(|payment| payment.captured(&capture_id)) != Some(amount) {
        return Err(Rejection::NotCaptured { amount: received });
    }
    let due = issued.due();
    let (applied, excess) = parts(received, due);
    let (customer_id, due_on) = (issued.customer_id, issued.due_on);
    let mut events = vec![];
    if let Some(amount) = applied {
        let capture_id = capture_id.clone();
        events.push(Event::PaymentApplied { payment_id, capture_id, amount, customer_id, due_on });
    }
    if let Some(amount) = excess {
        events.push(Event::OverpaymentRecorded { payment_id, capture_id, amount, customer_id });
    }
    if applied == Some(due) {
        events.push(Event::Paid { paid_on: facts.today() });
    }
    Ok(events)
}

/// Takes back money that has left again: first what was too much.
pub(super) fn unapply_payment(invoice: &Invoice, command: &UnapplyPayment) -> Decision {
    let issued = issued(invoice)?;
    let UnapplyPayment { payment_id, reversal_id, amount, reason } = command.clone();
    let requested = amount.money();
    same_currency(issued.currency(), requested.currency)?;
    let payment = issued.payments.get(&payment_id).ok_or(Rejection::UnapplyExceedsApplied {
        left: Money::zero(issued.currency()),
        requested,
    })?;
    if let Some(reversed) = payment.reversals.get(&reversal_id).copied() {
        let reused = || Rejection::ReversalReused { reversal_id, reversed };
        return already(reversed == requested, reused);
    }
    let left = payment.left();
    if requested > left {
        return Err(Rejection::UnapplyExceedsApplied { left, requested });
    }
    let (returned, unapplied) = parts(requested, payment.excess);
    let (customer_id, due_on) = (issued.customer_id, issued.due_on);
    let mut events = vec![];
    if let Some(amount) = returned {
        let reversal_id = reversal_id.clone();
        events.push(Event::OverpaymentReturned {
            payment_id,
            reversal_id,
            reason,
            amount,
            customer_id,
        });
    }
    if let Some(amount) = unapplied {
        events.push(Event::PaymentUnapplied {
            payment_id,
            reversal_id,
            reason,
            amount,
            customer_id,
            due_on,
        });
        if issued.due().minor == 0 {
            events.push(Event::Reopened { due_on });
        }
    }
    Ok(events)
}

/// Marks an invoice whose day has passed. A timer that comes too late to
/// matter is ignored.
pub(super) fn mark_overdue(invoice: &Invoice, command: &MarkOverdue, facts: &Facts) -> Decision {
    let issued = issued(invoice)?;
    let (due, due_on, customer_id) = (issued.due(), issued.due_on, issued.customer_id);
    if command.due_on != due_on || due.minor == 0 || issued.overdue {
        return Ok(vec![]);
    }
    if facts.today() <= due_on {
        return Err(Rejection::NotYetOverdue { due_on });
    }
    Ok(vec![Event::BecameOverdue { due_on, due, customer_id }])
}

/// Gives up what is due.
pub(super) fn write_off(invoice: &Invoice, command: &WriteOff) -> Decision {
    let issued = issued(invoice)?;
    let amount = issued.due();
    if amount.minor == 0 {
        return already(issued.written_off.minor > 0, || Rejection::NothingDue);
    }
    let (customer_id, due_on) = (issued.customer_id, issued.due_on);
    Ok(vec![Event::WrittenOff { amount, reason: command.reason.clone(), customer_id, due_on }])
}

/// Declares an invoice void of which nothing is settled.
pub(super) fn void(invoice: &Invoice, command: &Void) -> Decision {
    if matches!(invoice, Invoice::Void(_)) {
        return Ok(vec![]);
    }
    let issued = issued(invoice)?;
    let overpaid = issued.payments.values().any(|payment| payment.excess.minor > 0);
    if overpaid || issued.due() != issued.total {
        return Err(Rejection::AlreadySettled);
    }
    Ok(vec![Event::Voided {
        reason: command.reason.clone(),
        net: issued.net,
        tax: issued.tax,
        total: issued.total,
        customer_id: issued.customer_id,
        due_on: issued.due_on,
    }])
}

/// An invoice that was issued, be it void by now.
pub(super) fn issued(invoice: &Invoice) -> Result<&IssuedInvoice, Rejection> {
    match invoice {
        Invoice::Issued(issued) | Invoice::Void(issued) => Ok(issued),
        Invoice::Draft(_) | Invoice::Discarded => Err(Rejection::NotIssued),
        Invoice::Unknown => Err(Rejection::NotFound),
    }
}

/// Parts an amount into what fits under a limit and what exceeds it.
fn parts(amount: Money, limit: Money) -> (Option<Money>, Option<Money>) {
    let within = amount.min(limit);
    let some = |part: Money| (part.minor > 0).then_some(part);
    (some(within), some(amount - within))
}
