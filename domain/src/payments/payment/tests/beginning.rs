//! How a payment comes into being.

use crate::{
    kernel::{
        Currency, Money,
        testing::{amount, given, id, nothing, text, zar},
    },
    payments::{
        Payment, PaymentCommand as Command, PaymentEvent as Event, PaymentRejection as Rejection,
        Wallet, WalletEvent,
        payment::command::{CaptureMode, Purpose, Receive},
        payment::examples::{attempt, create, created, for_invoice, refund, refund_requested},
        wallet::examples::{karoo, opened},
    },
};

fn receive(minor: i64) -> Command {
    let (amount, purpose, method_ref) = (amount(minor), for_invoice(), text("statement line 7"));
    Command::Receive(Receive { amount, purpose, method_ref })
}

fn received(minor: i64) -> Event {
    Event::Received {
        capture_id: text("received"),
        amount: amount(minor),
        purpose: for_invoice(),
        method_ref: text("statement line 7"),
    }
}

#[test]
fn a_double_click_creates_one_payment() {
    let manual = || create(for_invoice(), CaptureMode::Manual);
    nothing::<Payment>()
        .when(manual())
        .then([created()])
        .and_when(manual())
        .then_nothing()
        .and_when(create(for_invoice(), CaptureMode::Auto))
        .then_refused(Rejection::AlreadyExists);
}

#[test]
fn a_bank_transfer_is_captured_at_once() {
    nothing::<Payment>()
        .when(receive(500))
        .then([received(500)])
        .then_state(|payment| assert_eq!(payment.captured(&text("received")), Some(amount(500))))
        .and_when(receive(500))
        .then_nothing()
        .and_when(receive(501))
        .then_refused(Rejection::AlreadyExists)
        .and_when(attempt("a-1"))
        .then_refused(Rejection::AlreadyAuthorized);
    given::<Payment>([created()]).when(receive(10_000)).then_refused(Rejection::AlreadyExists);
}

#[test]
fn money_that_came_by_transfer_can_be_refunded() {
    given::<Payment>([received(500)])
        .when(refund("r-1", 501, None))
        .then_refused(Rejection::RefundExceedsCaptured {
            refundable: zar(500),
            requested: zar(501),
        })
        .and_when(refund("r-1", 500, None))
        .then([refund_requested("r-1", 500)]);
}

#[test]
fn only_an_open_wallet_can_be_filled() {
    let fill = || create(Purpose::TopUp(id(1)), CaptureMode::Manual);
    let wallet = id::<Wallet>(1);
    nothing::<Payment>().when(fill()).then_refused(Rejection::WalletNotOpen);
    nothing::<Payment>()
        .knowing(wallet, [opened(0), WalletEvent::Closed {}])
        .when(fill())
        .then_refused(Rejection::WalletNotOpen);
    let frozen = WalletEvent::Frozen { reason: text("looks odd") };
    for history in [vec![opened(0)], vec![opened(0), frozen]] {
        nothing::<Payment>().knowing(wallet, history).when(fill()).then([Event::Created {
            amount: amount(10_000),
            purpose: Purpose::TopUp(wallet),
            method_ref: text("tok_ok"),
            capture: CaptureMode::Manual,
        }]);
    }
}

#[test]
fn a_wallet_is_filled_in_its_own_currency() {
    let overdraft_limit = Money::zero(Currency::USD);
    nothing::<Payment>()
        .knowing(id::<Wallet>(1), [WalletEvent::Opened { customer_id: karoo(), overdraft_limit }])
        .when(create(Purpose::TopUp(id(1)), CaptureMode::Manual))
        .then_refused(Rejection::CurrencyDiffers { expected: Currency::USD, got: Currency::ZAR });
}
