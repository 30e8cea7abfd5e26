//! Giving money back.

use crate::{
    kernel::testing::{Given, amount, given, nothing, text, zar},
    payments::{
        Payment, PaymentEvent as Event, PaymentRejection as Rejection,
        payment::command::RefundOutcome as Outcome,
        payment::examples::{
            attempted, authorized, capture_requested, captured, captured_late, created,
            hear_of_refund, refund, refund_requested, refunded,
        },
    },
};

/// A payment of which R 100.00 are captured and to which this has happened.
fn captured_and(events: impl IntoIterator<Item = Event>) -> Given<Payment> {
    let history = [
        created(),
        attempted("a-1"),
        authorized("a-1"),
        capture_requested("c-1", 10_000, true),
        captured("c-1", 10_000, 0),
    ];
    given::<Payment>(history.into_iter().chain(events))
}

fn yes() -> Outcome {
    Outcome::Succeeded { provider_ref: text("re_1") }
}

fn no() -> Outcome {
    Outcome::Failed { code: text("account_closed") }
}

fn exceeds(refundable: i64, requested: i64) -> Rejection {
    Rejection::RefundExceedsCaptured { refundable: zar(refundable), requested: zar(requested) }
}

#[test]
fn of_two_refunds_of_60_on_100_one_is_refused() {
    captured_and([])
        .when(refund("r-1", 6_000, None))
        .then([refund_requested("r-1", 6_000)])
        .and_when(refund("r-2", 6_000, None))
        .then_refused(exceeds(4_000, 6_000))
        .and_when(refund("r-1", 6_000, None))
        .then_nothing()
        .and_when(refund("r-1", 4_000, None))
        .then_refused(Rejection::RefundIdReused { refund_id: text("r-1") });
}

#[test]
fn a_refund_counts_until_it_has_failed() {
    captured_and([refund_requested("r-1", 6_000)])
        .when(hear_of_refund("r-1", Outcome::Unknown))
        .then([Event::RefundUnknown { refund_id: text("r-1") }])
        .and_when(hear_of_refund("r-1", Outcome::Unknown))
        .then_nothing()
        .and_when(refund("r-2", 6_000, None))
        .then_refused(exceeds(4_000, 6_000))
        .and_when(hear_of_refund("r-1", no()))
        .then([Event::RefundFailed { refund_id: text("r-1"), code: text("account_closed") }])
        .and_when(refund("r-2", 6_000, None))
        .then([refund_requested("r-2", 6_000)]);
}

#[test]
fn a_refund_is_decided_once() {
    captured_and([refund_requested("r-1", 6_000)])
        .when(hear_of_refund("r-1", yes()))
        .then([refunded("r-1", 6_000, None)])
        .and_when(hear_of_refund("r-1", yes()))
        .then_nothing()
        .and_when(hear_of_refund("r-1", no()))
        .then_refused(Rejection::RefundDecided { refund_id: text("r-1") })
        .and_when(hear_of_refund("r-2", no()))
        .then_refused(Rejection::NoSuchRefund { refund_id: text("r-2") });
}

#[test]
fn only_captured_money_can_be_refunded() {
    let reserved = [attempted("a-1"), authorized("a-1"), capture_requested("c-1", 10_000, true)];
    given::<Payment>([created()].into_iter().chain(reserved))
        .when(refund("r-1", 1, None))
        .then_refused(exceeds(0, 1));
    nothing::<Payment>().when(refund("r-1", 1, None)).then_refused(Rejection::NotFound);
}

#[test]
fn a_payment_has_at_most_ten_refunds() {
    let ten = (0..10).map(|n| refund_requested(&format!("r-{n}"), 1));
    captured_and(ten)
        .when(refund("r-10", 1, None))
        .then_refused(Rejection::TooManyRefunds { limit: 10 });
}

#[test]
fn late_money_is_returned_apart_from_the_rest() {
    let late = [
        created(),
        attempted("a-1"),
        authorized("a-1"),
        capture_requested("c-1", 6_000, false),
        Event::Voided { reason: text("changed their mind") },
        captured_late("c-1", 6_000),
    ];
    given::<Payment>(late)
        .when(refund("r-1", 6_000, None))
        .then_refused(exceeds(0, 6_000))
        .and_when(refund("r-1", 6_001, Some("c-1")))
        .then_refused(exceeds(6_000, 6_001))
        .and_when(refund("r-1", 6_000, Some("c-1")))
        .then([Event::RefundRequested {
            refund_id: text("r-1"),
            amount: amount(6_000),
            reason: text("cold food"),
            late_capture_id: Some(text("c-1")),
        }])
        .and_when(hear_of_refund("r-1", yes()))
        .then([refunded("r-1", 6_000, Some("c-1"))])
        .and_when(refund("r-2", 1, Some("c-1")))
        .then_refused(exceeds(0, 1));
}
