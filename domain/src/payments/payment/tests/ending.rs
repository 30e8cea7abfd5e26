//! Giving up, running out of time, and what still comes then.

use crate::{
    kernel::testing::{Given, given, nothing, text, zar},
    payments::{
        Payment, PaymentCommand as Command, PaymentEvent as Event, PaymentRejection as Rejection,
        payment::command::{Expire, Void},
        payment::examples::{
            attempt, attempted, authorized, capture, capture_requested, captured, captured_late,
            created, drawn, hear_of_capture, next_week, refund, refund_requested,
        },
    },
};

/// An authorized payment of R 100.00 to which this has happened.
fn authorized_and(events: impl IntoIterator<Item = Event>) -> Given<Payment> {
    let history = [created(), attempted("a-1"), authorized("a-1")];
    given::<Payment>(history.into_iter().chain(events))
}

fn void() -> Command {
    Command::Void(Void { reason: text("changed their mind") })
}

fn voided() -> Event {
    Event::Voided { reason: text("changed their mind") }
}

fn expire() -> Command {
    Command::Expire(Expire { expires_at: next_week() })
}

#[test]
fn a_payment_can_be_given_up_before_anything_is_captured() {
    given::<Payment>([created()]).when(void()).then([voided()]).and_when(void()).then_nothing();
    authorized_and([]).when(void()).then([voided()]);
    authorized_and([capture_requested("c-1", 6_000, false), captured("c-1", 6_000, 4_000)])
        .when(void())
        .then_refused(Rejection::AlreadyCaptured { captured: zar(6_000) });
    nothing::<Payment>().when(void()).then_refused(Rejection::NotFound);
}

#[test]
fn a_voided_payment_takes_nothing_but_late_money() {
    authorized_and([capture_requested("c-1", 6_000, false), voided()])
        .when(capture("c-2", 1, false))
        .then_refused(Rejection::Ended)
        .and_when(attempt("a-2"))
        .then_refused(Rejection::Ended)
        .and_when(hear_of_capture("c-1", drawn()))
        .then([captured_late("c-1", 6_000)])
        .and_when(hear_of_capture("c-1", drawn()))
        .then_nothing();
}

#[test]
fn an_authorization_ends_when_the_provider_said() {
    authorized_and([capture_requested("c-1", 6_000, false), captured("c-1", 6_000, 4_000)])
        .at(next_week().plus_seconds(-1))
        .when(expire())
        .then_refused(Rejection::NotExpired { expires_at: next_week() })
        .afterwards()
        .at(next_week())
        .when(expire())
        .then([Event::Expired { released: zar(4_000) }])
        .and_when(expire())
        .then_nothing()
        .and_when(void())
        .then_refused(Rejection::Ended)
        .and_when(refund("r-1", 6_000, None))
        .then([refund_requested("r-1", 6_000)]);
}

#[test]
fn a_timer_that_comes_too_late_to_matter_is_ignored() {
    let all = [capture_requested("c-1", 10_000, true), captured("c-1", 10_000, 0)];
    authorized_and(all).at(next_week()).when(expire()).then_nothing();
    authorized_and([voided()]).at(next_week()).when(expire()).then_nothing();
    let other = Command::Expire(Expire { expires_at: next_week().plus_seconds(1) });
    authorized_and([]).at(next_week().plus_seconds(1)).when(other).then_nothing();
    nothing::<Payment>().when(expire()).then_refused(Rejection::NotFound);
}

#[test]
fn money_that_comes_after_the_end_is_late() {
    let expired = Event::Expired { released: zar(10_000) };
    authorized_and([capture_requested("c-1", 6_000, false), expired])
        .when(hear_of_capture("c-1", drawn()))
        .then([captured_late("c-1", 6_000)]);
}
