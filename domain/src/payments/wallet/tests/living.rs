//! Opening, freezing and closing.

use crate::{
    kernel::{
        Amount, Currency,
        testing::{given, nothing, text, zar},
    },
    payments::{
        Wallet, WalletCommand as Command, WalletEvent as Event, WalletRejection as Rejection,
        wallet::command::{Close, Freeze, Open, Unfreeze},
        wallet::examples::{
            capture_hold, credit, credited, debit, debited, held, hold, hold_released, karoo, open,
            opened, release,
        },
    },
};

fn freeze() -> Command {
    Command::Freeze(Freeze { reason: text("looks odd") })
}

fn frozen() -> Event {
    Event::Frozen { reason: text("looks odd") }
}

fn unfreeze() -> Command {
    Command::Unfreeze(Unfreeze {})
}

fn close() -> Command {
    Command::Close(Close {})
}

#[test]
fn a_wallet_is_opened_once() {
    nothing::<Wallet>()
        .when(open(None))
        .then([opened(0)])
        .and_when(open(None))
        .then_nothing()
        .and_when(open(Some(1)))
        .then_refused(Rejection::AlreadyExists);
    nothing::<Wallet>().when(open(Some(500))).then([opened(500)]);
}

#[test]
fn the_overdraft_is_in_the_currency_of_the_wallet() {
    let overdraft_limit = Amount::new(500, Currency::USD);
    let open = Open { customer_id: karoo(), currency: Currency::ZAR, overdraft_limit };
    nothing::<Wallet>()
        .when(Command::Open(open))
        .then_refused(Rejection::CurrencyDiffers { expected: Currency::ZAR, got: Currency::USD });
}

#[test]
fn nothing_moves_in_a_frozen_wallet() {
    let moves =
        [credit("c-2", 1), debit("d-1", 1), hold("h-2", 1), capture_hold("h-1", "x", 1, true)];
    for command in moves {
        given::<Wallet>([opened(0), credited("c-1", 900, 900), held("h-1", 500), frozen()])
            .when(command)
            .then_refused(Rejection::Frozen);
    }
    given::<Wallet>([opened(0), credited("c-1", 900, 900), held("h-1", 500), frozen()])
        .when(release("h-1"))
        .then([hold_released("h-1", 500)])
        .and_when(credit("c-1", 900))
        .then_nothing();
}

#[test]
fn a_frozen_wallet_can_be_used_again() {
    given::<Wallet>([opened(0)])
        .when(freeze())
        .then([frozen()])
        .and_when(freeze())
        .then_nothing()
        .and_when(unfreeze())
        .then([Event::Unfrozen {}])
        .and_when(unfreeze())
        .then_nothing()
        .and_when(credit("c-1", 100))
        .then([credited("c-1", 100, 100)]);
}

#[test]
fn only_an_empty_wallet_can_be_closed() {
    let not_empty = |posted, held| Rejection::NotEmpty { posted: zar(posted), held: zar(held) };
    given::<Wallet>([opened(0), credited("c-1", 900, 900)])
        .when(close())
        .then_refused(not_empty(900, 0));
    given::<Wallet>([opened(500), held("h-1", 500)]).when(close()).then_refused(not_empty(0, 500));
    given::<Wallet>([opened(500), debited("d-1", 500, -500)])
        .when(close())
        .then_refused(not_empty(-500, 0));
    given::<Wallet>([opened(500)])
        .when(close())
        .then([Event::Closed {}])
        .and_when(close())
        .then_nothing();
}

#[test]
fn a_closed_wallet_stays_closed() {
    for command in [credit("c-1", 1), debit("d-1", 1), hold("h-1", 1), freeze(), unfreeze()] {
        given::<Wallet>([opened(0), Event::Closed {}])
            .when(command)
            .then_refused(Rejection::Closed);
    }
}

#[test]
fn a_wallet_that_was_never_opened_does_nothing() {
    let commands = [
        credit("c-1", 1),
        debit("d-1", 1),
        hold("h-1", 1),
        release("h-1"),
        freeze(),
        unfreeze(),
        close(),
    ];
    for command in commands {
        nothing::<Wallet>().when(command).then_refused(Rejection::NotFound);
    }
}
