//! Asking providers to hold the money.

use crate::{
    kernel::testing::{Given, amount, given, nothing, text},
    payments::{
        Payment, PaymentCommand as Command, PaymentEvent as Event, PaymentRejection as Rejection,
        payment::command::{
            AuthorizationOutcome as Outcome, CaptureMode, RequestAuthorization, Void,
        },
        payment::examples::{
            attempt, attempted, authorized, capture, capture_requested, created, for_invoice,
            hear_of_attempt, next_week, yes,
        },
    },
};

/// A payment of R 100.00 to which this has happened.
fn a_payment(events: impl IntoIterator<Item = Event>) -> Given<Payment> {
    given::<Payment>([created()].into_iter().chain(events))
}

fn no() -> Outcome {
    Outcome::Declined { code: text("insufficient_funds") }
}

fn declined(attempt_id: &str) -> Event {
    Event::AttemptFailed { attempt_id: text(attempt_id), code: text("insufficient_funds") }
}

#[test]
fn a_provider_is_asked_and_says_yes() {
    a_payment([])
        .when(attempt("a-1"))
        .then([attempted("a-1")])
        .and_when(attempt("a-1"))
        .then_nothing()
        .and_when(hear_of_attempt("a-1", yes(10_000)))
        .then([authorized("a-1")])
        .and_when(hear_of_attempt("a-1", yes(10_000)))
        .then_nothing()
        .and_when(attempt("a-2"))
        .then_refused(Rejection::AlreadyAuthorized);
}

#[test]
fn one_attempt_is_in_flight_at_a_time() {
    let in_flight = Rejection::AttemptInFlight { attempt_id: text("a-1") };
    let action = || Outcome::ActionRequired { action: text("https://bank.example/3ds") };
    a_payment([attempted("a-1")])
        .when(attempt("a-2"))
        .then_refused(in_flight.clone())
        .and_when(hear_of_attempt("a-1", action()))
        .then([Event::ActionRequired {
            attempt_id: text("a-1"),
            action: text("https://bank.example/3ds"),
        }])
        .and_when(hear_of_attempt("a-1", action()))
        .then_nothing()
        .and_when(attempt("a-2"))
        .then_refused(in_flight.clone())
        .and_when(Command::Void(Void { reason: text("changed their mind") }))
        .then_refused(in_flight);
}

#[test]
fn after_a_decline_another_attempt_may_follow() {
    a_payment([attempted("a-1")])
        .when(hear_of_attempt("a-1", no()))
        .then([declined("a-1")])
        .and_when(attempt("a-2"))
        .then([attempted("a-2")])
        .and_when(hear_of_attempt("a-2", yes(10_000)))
        .then([authorized("a-2")]);
}

#[test]
fn an_attempt_belongs_to_one_provider() {
    let (attempt_id, provider) = (text("a-1"), text("other"));
    a_payment([attempted("a-1")])
        .when(Command::RequestAuthorization(RequestAuthorization { attempt_id, provider }))
        .then_refused(Rejection::AttemptIdReused {
            attempt_id: text("a-1"),
            provider: text("sandbox"),
        });
}

#[test]
fn unknown_is_a_state_that_is_decided_later() {
    a_payment([attempted("a-1")])
        .when(hear_of_attempt("a-1", Outcome::Unknown))
        .then([Event::AttemptUnknown { attempt_id: text("a-1") }])
        .and_when(hear_of_attempt("a-1", Outcome::Unknown))
        .then_nothing()
        .and_when(attempt("a-2"))
        .then_refused(Rejection::AttemptInFlight { attempt_id: text("a-1") })
        .and_when(hear_of_attempt("a-1", yes(10_000)))
        .then([authorized("a-1")]);
}

#[test]
fn what_a_provider_decided_it_cannot_decide_otherwise() {
    let decided = || Rejection::AttemptDecided { attempt_id: text("a-1") };
    a_payment([attempted("a-1"), declined("a-1")])
        .when(hear_of_attempt("a-1", yes(10_000)))
        .then_refused(decided());
    a_payment([attempted("a-1"), authorized("a-1")])
        .when(hear_of_attempt("a-1", no()))
        .then_refused(decided());
    a_payment([])
        .when(hear_of_attempt("a-1", no()))
        .then_refused(Rejection::NoSuchAttempt { attempt_id: text("a-1") });
}

#[test]
fn another_amount_than_the_payments_is_a_conflict() {
    for minor in [9_999, 10_001] {
        a_payment([attempted("a-1")])
            .when(hear_of_attempt("a-1", yes(minor)))
            .then([Event::Conflicted {
                attempt_id: text("a-1"),
                provider_ref: text("auth_1"),
                amount: amount(minor),
                expires_at: Some(next_week()),
            }])
            .and_when(hear_of_attempt("a-1", yes(minor)))
            .then_nothing()
            .and_when(capture("c-1", 1, false))
            .then_refused(Rejection::Ended)
            .and_when(attempt("a-2"))
            .then_refused(Rejection::Ended);
    }
}

#[test]
fn an_automatic_payment_is_captured_with_its_authorization() {
    let created = Event::Created {
        amount: amount(10_000),
        purpose: for_invoice(),
        method_ref: text("tok_ok"),
        capture: CaptureMode::Auto,
    };
    given::<Payment>([created, attempted("a-1")])
        .when(hear_of_attempt("a-1", yes(10_000)))
        .then([authorized("a-1"), capture_requested("a-1", 10_000, true)]);
}

#[test]
fn nobody_is_asked_about_a_payment_that_does_not_exist() {
    nothing::<Payment>().when(attempt("a-1")).then_refused(Rejection::NotFound);
    nothing::<Payment>()
        .when(hear_of_attempt("a-1", yes(10_000)))
        .then_refused(Rejection::NotFound);
}
