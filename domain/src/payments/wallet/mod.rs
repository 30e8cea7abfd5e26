//! A wallet: money that we keep for a customer, booked one entry at a time.
//!
//! `Open ⇄ Frozen → Closed`
//!
//! What is posted is there, what is held is promised; neither may ever exceed
//! what there is and the overdraft that was granted. Every booking names the
//! account on its other side, so each is balanced by itself and whoever adds
//! up all bookings gets zero. A booking's reference is remembered: the same
//! booking again is already done, another one under its reference is refused.

pub mod account;
mod book;
pub mod command;
mod decide;
pub mod event;
pub mod rejection;
pub mod state;

#[cfg(test)]
pub(in crate::payments) mod examples;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use crate::kernel::{Aggregate, Facts, Kind, Text};

pub use command::WalletCommand;
pub use event::WalletEvent;
pub use rejection::WalletRejection;
pub use state::Wallet;

/// What a booking is called within its wallet.
pub type Reference = Text<128>;
/// What a hold is called within its wallet.
pub type HoldId = Text<64>;
/// The account on the other side of a booking: `unapplied`, `clearing:transfer`.
pub type ContraAccount = Text<64>;

impl Kind for Wallet {
    const TYPE: &'static str = "wallet";
    const PREFIX: &'static str = "wal";
}

impl Aggregate for Wallet {
    type Command = WalletCommand;
    type Event = WalletEvent;
    type Rejection = WalletRejection;

    fn decide(
        &self,
        command: WalletCommand,
        _: &Facts,
    ) -> Result<Vec<WalletEvent>, WalletRejection> {
        match &command {
            WalletCommand::Open(open) => decide::open(self, open),
            WalletCommand::Credit(credit) => book::credit(self, credit),
            WalletCommand::Debit(debit) => book::debit(self, debit),
            WalletCommand::PlaceHold(place) => book::place_hold(self, place),
            WalletCommand::CaptureHold(capture) => book::capture_hold(self, capture),
            WalletCommand::ReleaseHold(release) => book::release_hold(self, release),
            WalletCommand::Freeze(freeze) => decide::freeze(self, freeze),
            WalletCommand::Unfreeze(_) => decide::unfreeze(self),
            WalletCommand::Close(_) => decide::close(self),
        }
    }

    fn evolve(&mut self, event: &WalletEvent) {
        state::evolve(self, event);
    }
}
