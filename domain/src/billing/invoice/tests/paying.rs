//! Paying an issued invoice, and taking payments back.

use super::{an_invoice, overpaid, unapply, with_transfer};
use crate::{
    billing::{
        Invoice, InvoiceCommand as Command, InvoiceEvent as Event, InvoiceRejection as Rejection,
        examples::{applied, apply, capture, karoo, paid, payment, received, reopened, unapplied},
        invoice::command::{ApplyPayment, ReversalReason},
    },
    kernel::{
        Amount, Currency,
        testing::{id, text, zar},
    },
    payments::Payment,
};

fn returned(reversal: &str, minor: i64) -> Event {
    Event::OverpaymentReturned {
        payment_id: payment(),
        reversal_id: text(reversal),
        reason: ReversalReason::Chargeback,
        amount: zar(minor),
        customer_id: karoo(),
    }
}

#[test]
fn a_payment_in_full_settles_the_invoice() {
    with_transfer(11_500, [])
        .when(apply(payment(), 11_500))
        .then([applied(payment(), 11_500), paid()])
        .and_when(apply(payment(), 11_500))
        .then_nothing();
}

#[test]
fn an_invoice_can_be_paid_in_parts() {
    with_transfer(1_500, [])
        .when(apply(payment(), 1_500))
        .then([applied(payment(), 1_500)])
        .afterwards()
        .knowing(id::<Payment>(2), [received(10_000)])
        .when(apply(id(2), 10_000))
        .then([applied(id(2), 10_000), paid()]);
}

#[test]
fn what_is_too_much_is_an_overpayment() {
    with_transfer(12_000, [])
        .when(apply(payment(), 12_000))
        .then([applied(payment(), 11_500), overpaid(500), paid()])
        .and_when(apply(payment(), 12_000))
        .then_nothing();
    with_transfer(700, [applied(id(2), 11_500), paid()])
        .when(apply(payment(), 700))
        .then([overpaid(700)]);
}

#[test]
fn a_capture_counts_once() {
    with_transfer(1_500, [applied(payment(), 1_000)])
        .when(apply(payment(), 1_500))
        .then_refused(Rejection::CaptureReused { received: zar(1_000) });
}

#[test]
fn only_money_that_was_captured_can_be_applied() {
    let nowhere = Rejection::NotCaptured { amount: zar(11_500) };
    an_invoice([]).when(apply(payment(), 11_500)).then_refused(nowhere.clone());
    with_transfer(11_499, []).when(apply(payment(), 11_500)).then_refused(nowhere);
}

#[test]
fn money_in_another_currency_does_not_settle() {
    let dollars = Amount::new(11_500, Currency::USD).unwrap();
    let (payment_id, capture_id) = (payment(), capture());
    with_transfer(11_500, [])
        .when(Command::ApplyPayment(ApplyPayment { payment_id, capture_id, amount: dollars }))
        .then_refused(Rejection::CurrencyDiffers { expected: Currency::ZAR, got: Currency::USD });
}

#[test]
fn money_taken_back_is_due_again() {
    an_invoice([applied(payment(), 11_500), paid()])
        .when(unapply("cb-1", 2_000))
        .then([unapplied("cb-1", 2_000), reopened()])
        .and_when(unapply("cb-1", 2_000))
        .then_nothing()
        .and_when(unapply("cb-1", 1_000))
        .then_refused(Rejection::ReversalReused { reversal_id: text("cb-1"), reversed: zar(2_000) })
        .and_when(unapply("cb-2", 500))
        .then([unapplied("cb-2", 500)])
        .then_state(|invoice| assert!(is_due(invoice, 2_500)));
}

#[test]
fn an_overpayment_is_taken_back_first() {
    let history = [applied(payment(), 11_500), overpaid(500), paid()];
    an_invoice(history.clone()).when(unapply("cb-1", 300)).then([returned("cb-1", 300)]);
    an_invoice(history)
        .when(unapply("cb-1", 600))
        .then([returned("cb-1", 500), unapplied("cb-1", 100), reopened()])
        .and_when(unapply("cb-1", 600))
        .then_nothing();
}

#[test]
fn no_more_can_be_taken_back_than_was_brought() {
    let (left, requested) = (zar(11_500), zar(11_501));
    an_invoice([applied(payment(), 11_500), paid()])
        .when(unapply("cb-1", 11_501))
        .then_refused(Rejection::UnapplyExceedsApplied { left, requested });
    an_invoice([applied(id(2), 11_500), paid()])
        .when(unapply("cb-1", 100))
        .then_refused(Rejection::UnapplyExceedsApplied { left: zar(0), requested: zar(100) });
}

#[test]
fn one_of_three_payments_is_charged_back_after_the_invoice_was_closed() {
    an_invoice([applied(id(2), 4_000), applied(id(3), 4_000), applied(payment(), 3_500), paid()])
        .when(unapply("cb-1", 3_500))
        .then([unapplied("cb-1", 3_500), reopened()])
        .then_state(|invoice| assert!(is_due(invoice, 3_500)));
}

fn is_due(invoice: &Invoice, minor: i64) -> bool {
    matches!(invoice, Invoice::Issued(issued) if issued.due() == zar(minor))
}
