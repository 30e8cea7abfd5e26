//! Promising money, and keeping the promise or not.

use crate::{
    kernel::testing::{Given, given, text, zar},
    payments::{
        Wallet, WalletEvent as Event, WalletRejection as Rejection,
        wallet::examples::{
            capture_hold, credited, debit, debited, held, hold, hold_captured, hold_released,
            opened, release,
        },
    },
};

/// A wallet with R 1 000.00 to which this has happened.
fn a_wallet(events: impl IntoIterator<Item = Event>) -> Given<Wallet> {
    let history = [opened(0), credited("c-1", 100_000, 100_000)];
    given::<Wallet>(history.into_iter().chain(events))
}

fn resolved(hold_id: &str) -> Rejection {
    Rejection::HoldResolved { hold_id: text(hold_id) }
}

#[test]
fn a_hold_is_placed_once() {
    a_wallet([])
        .when(hold("h-1", 30_000))
        .then([held("h-1", 30_000)])
        .and_when(hold("h-1", 30_000))
        .then_nothing()
        .and_when(hold("h-1", 30_001))
        .then_refused(Rejection::HoldIdReused { hold_id: text("h-1") });
}

#[test]
fn no_more_is_held_than_there_is() {
    a_wallet([held("h-1", 30_000)])
        .when(hold("h-2", 70_001))
        .then_refused(Rejection::InsufficientFunds {
            available: zar(70_000),
            requested: zar(70_001),
        })
        .and_when(hold("h-2", 70_000))
        .then([held("h-2", 70_000)]);
}

#[test]
fn the_last_capture_lets_the_rest_go() {
    a_wallet([held("h-1", 30_000)])
        .when(capture_hold("h-1", "meal", 20_000, true))
        .then([hold_captured(["h-1", "meal"], 20_000, [10_000, 0], 80_000)])
        .and_when(capture_hold("h-1", "meal", 20_000, true))
        .then_nothing()
        .and_when(capture_hold("h-1", "drinks", 1, true))
        .then_refused(resolved("h-1"))
        .and_when(debit("d-1", 80_000))
        .then([debited("d-1", 80_000, 0)]);
}

#[test]
fn a_hold_is_captured_in_parts() {
    a_wallet([held("h-1", 30_000)])
        .when(capture_hold("h-1", "meal", 20_000, false))
        .then([hold_captured(["h-1", "meal"], 20_000, [0, 10_000], 80_000)])
        .and_when(capture_hold("h-1", "drinks", 10_001, false))
        .then_refused(Rejection::CaptureExceedsHold { rest: zar(10_000), requested: zar(10_001) })
        .and_when(capture_hold("h-1", "drinks", 10_000, false))
        .then([hold_captured(["h-1", "drinks"], 10_000, [0, 0], 70_000)])
        .and_when(release("h-1"))
        .then_refused(resolved("h-1"));
}

#[test]
fn a_hold_lets_go_once() {
    a_wallet([held("h-1", 30_000)])
        .when(release("h-1"))
        .then([hold_released("h-1", 30_000)])
        .and_when(release("h-1"))
        .then_nothing()
        .and_when(capture_hold("h-1", "meal", 1, false))
        .then_refused(resolved("h-1"))
        .and_when(hold("h-1", 30_000))
        .then_nothing();
}

#[test]
fn a_booking_of_a_hold_is_made_once() {
    let captured = hold_captured(["h-1", "meal"], 20_000, [0, 10_000], 80_000);
    let reused = || Rejection::RefReused { reference: text("meal") };
    a_wallet([held("h-1", 30_000), captured])
        .when(capture_hold("h-1", "meal", 20_000, true))
        .then_refused(reused())
        .and_when(capture_hold("h-2", "meal", 20_000, false))
        .then_refused(reused())
        .and_when(debit("meal", 20_000))
        .then_refused(reused());
}

#[test]
fn only_what_was_placed_can_be_resolved() {
    let no_such = || Rejection::NoSuchHold { hold_id: text("h-1") };
    a_wallet([]).when(release("h-1")).then_refused(no_such());
    a_wallet([]).when(capture_hold("h-1", "meal", 1, true)).then_refused(no_such());
}
