use super::Payment;
use crate::{
    kernel::testing::{fixtures, laws},
    payments::{
        Wallet,
        stories::{captured_and_refunded, captured_late, conflicted, expired},
    },
};

/// No more is captured than was authorized, and no more refunded than was
/// captured, in time or late.
fn stays_within_what_there_is(payment: &Payment) -> Result<(), String> {
    let Some(intent) = payment.intent() else { return Ok(()) };
    if intent.captured() > intent.authorized {
        return Err(format!("{} of {} is captured", intent.captured(), intent.authorized));
    }
    if intent.capturable().minor < 0 {
        return Err(format!("{} can be captured", intent.capturable()));
    }
    let late = intent.captures.keys().map(Some);
    match late.chain([None]).find(|late| intent.refundable(*late).minor < 0) {
        Some(late) => Err(format!("{} of {late:?} can be refunded", intent.refundable(late))),
        None => Ok(()),
    }
}

#[test]
fn the_laws_of_payments_hold() {
    laws::Aggregate::<Payment>::new()
        .with::<Wallet>()
        .invariant(stays_within_what_there_is)
        .orders(captured_and_refunded())
        .orders(captured_late())
        .orders(expired())
        .orders(conflicted())
        .hold();
}

#[test]
fn all_events_of_payments_ever_stored_can_be_read() {
    fixtures::<Payment>("src/payments/payment/fixtures");
}
