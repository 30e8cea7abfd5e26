//! Drawing the money.

use crate::{
    kernel::{
        Amount, Currency,
        testing::{Given, given, nothing, text, zar},
    },
    payments::{
        Payment, PaymentCommand as Command, PaymentEvent as Event, PaymentRejection as Rejection,
        payment::command::{CaptureOutcome as Outcome, RequestCapture},
        payment::examples::{
            attempted, authorized, capture, capture_requested, captured, captured_late, created,
            drawn, hear_of_capture,
        },
    },
};

/// An authorized payment of R 100.00 to which this has happened.
fn authorized_and(events: impl IntoIterator<Item = Event>) -> Given<Payment> {
    let history = [created(), attempted("a-1"), authorized("a-1")];
    given::<Payment>(history.into_iter().chain(events))
}

fn no() -> Outcome {
    Outcome::Failed { code: text("processing_error") }
}

fn failed(capture_id: &str) -> Event {
    Event::CaptureFailed { capture_id: text(capture_id), code: text("processing_error") }
}

fn exceeds(capturable: i64, requested: i64) -> Rejection {
    Rejection::CaptureExceedsAuthorized { capturable: zar(capturable), requested: zar(requested) }
}

#[test]
fn a_payment_is_captured_in_parts_up_to_what_was_authorized() {
    authorized_and([])
        .when(capture("c-1", 6_000, false))
        .then([capture_requested("c-1", 6_000, false)])
        .and_when(hear_of_capture("c-1", drawn()))
        .then([captured("c-1", 6_000, 4_000)])
        .and_when(capture("c-2", 5_000, false))
        .then_refused(exceeds(4_000, 5_000))
        .and_when(capture("c-2", 4_000, true))
        .then([capture_requested("c-2", 4_000, true)])
        .and_when(hear_of_capture("c-2", drawn()))
        .then([captured("c-2", 4_000, 0)]);
}

#[test]
fn what_is_requested_is_reserved() {
    authorized_and([capture_requested("c-1", 6_000, false)])
        .when(capture("c-2", 4_001, false))
        .then_refused(exceeds(4_000, 4_001))
        .and_when(capture("c-1", 6_000, false))
        .then_nothing()
        .and_when(capture("c-1", 6_001, false))
        .then_refused(Rejection::CaptureIdReused { capture_id: text("c-1") });
}

#[test]
fn the_last_capture_lets_the_rest_go() {
    authorized_and([capture_requested("c-1", 6_000, true)])
        .when(capture("c-2", 1, false))
        .then_refused(exceeds(0, 1))
        .and_when(hear_of_capture("c-1", drawn()))
        .then([captured("c-1", 6_000, 0)]);
}

#[test]
fn a_failed_capture_frees_what_it_had_reserved() {
    authorized_and([capture_requested("c-1", 10_000, true)])
        .when(hear_of_capture("c-1", no()))
        .then([failed("c-1")])
        .and_when(hear_of_capture("c-1", no()))
        .then_nothing()
        .and_when(capture("c-2", 10_000, true))
        .then([capture_requested("c-2", 10_000, true)]);
}

#[test]
fn an_unknown_capture_still_reserves() {
    authorized_and([capture_requested("c-1", 6_000, false)])
        .when(hear_of_capture("c-1", Outcome::Unknown))
        .then([Event::CaptureUnknown { capture_id: text("c-1") }])
        .and_when(hear_of_capture("c-1", Outcome::Unknown))
        .then_nothing()
        .and_when(capture("c-2", 4_001, false))
        .then_refused(exceeds(4_000, 4_001))
        .and_when(hear_of_capture("c-1", drawn()))
        .then([captured("c-1", 6_000, 4_000)]);
}

#[test]
fn money_that_comes_after_its_capture_failed_is_late() {
    authorized_and([capture_requested("c-1", 6_000, false), failed("c-1")])
        .when(hear_of_capture("c-1", Outcome::Unknown))
        .then_refused(Rejection::CaptureDecided { capture_id: text("c-1") })
        .and_when(hear_of_capture("c-1", drawn()))
        .then([captured_late("c-1", 6_000)])
        .and_when(hear_of_capture("c-1", drawn()))
        .then_nothing()
        .then_state(|payment| assert_eq!(payment.captured(&text("c-1")), None));
}

#[test]
fn a_capture_is_counted_once() {
    authorized_and([capture_requested("c-1", 6_000, false), captured("c-1", 6_000, 4_000)])
        .when(hear_of_capture("c-1", drawn()))
        .then_nothing()
        .and_when(hear_of_capture("c-1", no()))
        .then_refused(Rejection::CaptureDecided { capture_id: text("c-1") });
    authorized_and([])
        .when(hear_of_capture("c-1", drawn()))
        .then_refused(Rejection::NoSuchCapture { capture_id: text("c-1") });
}

#[test]
fn only_what_is_authorized_can_be_captured() {
    given::<Payment>([created()])
        .when(capture("c-1", 1, false))
        .then_refused(Rejection::NotAuthorized);
    nothing::<Payment>().when(capture("c-1", 1, false)).then_refused(Rejection::NotFound);
    let (capture_id, amount) = (text("c-1"), Amount::new(1, Currency::USD).unwrap());
    authorized_and([])
        .when(Command::RequestCapture(RequestCapture { capture_id, amount, last: false }))
        .then_refused(Rejection::CurrencyDiffers { expected: Currency::ZAR, got: Currency::USD });
}

#[test]
fn a_fee_is_in_the_currency_of_its_payment() {
    let (provider_ref, fee) = (text("ch_1"), Amount::new(30, Currency::USD));
    authorized_and([capture_requested("c-1", 6_000, false)])
        .when(hear_of_capture("c-1", Outcome::Captured { provider_ref, fee }))
        .then_refused(Rejection::CurrencyDiffers { expected: Currency::ZAR, got: Currency::USD });
}
