use super::{WalletRow, WalletStatus, Wallets};
use crate::{
    kernel::{
        Currency,
        testing::{Folded, NOW, folding, laws, of, text},
    },
    payments::{
        WalletEvent as Event,
        stories::booked_and_closed,
        wallet::examples::{
            credited, debited, held, hold_captured, hold_released, karoo, opened, wallet,
        },
    },
};

/// The row of a wallet with an overdraft of R 5.00 to which this has happened.
fn after(events: impl IntoIterator<Item = Event>) -> Folded<Wallets> {
    folding([opened(500)].into_iter().chain(events).map(|event| of(wallet(), event)))
}

fn empty() -> WalletRow {
    WalletRow {
        id: wallet(),
        customer_id: karoo(),
        status: WalletStatus::Open,
        currency: Currency::ZAR,
        posted_minor: 0,
        held_minor: 0,
        overdraft_minor: 500,
        available_minor: 500,
        bookings: 0,
        opened_at: NOW,
        booked_at: None,
    }
}

/// What is posted, held and available, after so many bookings.
fn row(posted_minor: i64, held_minor: i64, available_minor: i64, bookings: i64) -> WalletRow {
    let booked_at = (bookings > 0).then_some(NOW);
    WalletRow { posted_minor, held_minor, available_minor, bookings, booked_at, ..empty() }
}

#[test]
fn a_wallet_shows_what_is_there_and_what_is_held() {
    let history = [
        credited("c-1", 1_000, 1_000),
        debited("d-1", 200, 800),
        held("h-1", 600),
        hold_captured(["h-1", "meal"], 200, [0, 400], 600),
        hold_captured(["h-1", "drinks"], 100, [300, 0], 500),
        held("h-2", 50),
        hold_released("h-2", 50),
    ];
    let until = |events: usize| after(history[..events].to_vec());
    until(0).then_rows([empty()]);
    until(1).then_rows([row(1_000, 0, 1_500, 1)]);
    until(2).then_rows([row(800, 0, 1_300, 2)]);
    until(3).then_rows([row(800, 600, 700, 2)]);
    until(4).then_rows([row(600, 400, 700, 3)]);
    until(5).then_rows([row(500, 0, 1_000, 4)]);
    until(6).then_rows([row(500, 50, 950, 4)]);
    until(7).then_rows([row(500, 0, 1_000, 4)]);
}

#[test]
fn a_wallet_shows_whether_it_can_be_booked_on() {
    let frozen = || Event::Frozen { reason: text("looks odd") };
    after([frozen()]).then_rows([WalletRow { status: WalletStatus::Frozen, ..empty() }]);
    after([frozen(), Event::Unfrozen {}]).then_rows([empty()]);
    after([Event::Closed {}]).then_rows([WalletRow { status: WalletStatus::Closed, ..empty() }]);
}

#[test]
fn the_laws_of_the_list_hold() {
    laws::ReadModel::<Wallets>::new().orders(booked_and_closed()).hold();
}
