use super::Wallet;
use crate::{
    kernel::testing::{fixtures, laws},
    payments::stories::booked_and_closed,
};

/// Nothing is booked out or held that is not there, and what is held is the
/// sum of all holds.
fn stays_within_what_there_is(wallet: &Wallet) -> Result<(), String> {
    let Some(account) = wallet.account() else { return Ok(()) };
    if account.available().minor < 0 {
        return Err(format!("{} is available", account.available()));
    }
    let held: i64 = account.holds.values().map(|hold| hold.rest.minor).sum();
    if held != account.held.minor || account.holds.values().any(|hold| hold.rest.minor < 0) {
        return Err(format!("holds come to {held}, held is {}", account.held));
    }
    Ok(())
}

#[test]
fn the_laws_of_wallets_hold() {
    laws::Aggregate::<Wallet>::new()
        .invariant(stays_within_what_there_is)
        .orders(booked_and_closed())
        .hold();
}

#[test]
fn all_events_of_wallets_ever_stored_can_be_read() {
    fixtures::<Wallet>("src/payments/wallet/fixtures");
}
