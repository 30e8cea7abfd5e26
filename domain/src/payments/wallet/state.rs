//! The stages of a wallet's life, and what moves it from one to the next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    WalletEvent as Event,
    account::{Account, Booking, BookingKind, Hold},
};

/// A wallet in one of the stages of its life.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Wallet {
    /// Nothing has happened yet.
    #[default]
    Unknown,
    /// Can be booked on.
    Open(Account),
    /// Bookings and holds are stopped.
    Frozen(Account),
    /// Nothing will be booked any more.
    Closed(Account),
}

impl Wallet {
    /// The books, whatever the stage.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        match self {
            Self::Unknown => None,
            Self::Open(account) | Self::Frozen(account) | Self::Closed(account) => Some(account),
        }
    }
}

/// Moves a wallet on.
pub(super) fn evolve(wallet: &mut Wallet, event: &Event) {
    *wallet = match (std::mem::take(wallet), event) {
        (_, Event::Opened { customer_id, overdraft_limit }) => {
            Wallet::Open(Account::new(*customer_id, *overdraft_limit))
        }
        (Wallet::Open(account), Event::Frozen { .. }) => Wallet::Frozen(account),
        (Wallet::Frozen(account), Event::Unfrozen {}) => Wallet::Open(account),
        (Wallet::Open(account) | Wallet::Frozen(account), Event::Closed {}) => {
            Wallet::Closed(account)
        }
        (stage, _) => stage,
    };
    match wallet {
        Wallet::Unknown => {}
        Wallet::Open(account) | Wallet::Frozen(account) | Wallet::Closed(account) => {
            book(account, event);
        }
    }
}

fn book(account: &mut Account, event: &Event) {
    match event.clone() {
        Event::Opened { .. } | Event::Frozen { .. } | Event::Unfrozen {} | Event::Closed {} => {}
        Event::Credited { reference, amount, contra_account, .. } => {
            account.posted += amount.money();
            let booking = Booking { kind: BookingKind::Credit, amount, contra_account };
            account.bookings.insert(reference, booking);
        }
        Event::Debited { reference, amount, contra_account, .. } => {
            account.posted -= amount.money();
            let booking = Booking { kind: BookingKind::Debit, amount, contra_account };
            account.bookings.insert(reference, booking);
        }
        Event::HoldPlaced { hold_id, amount, purpose, expires_at } => {
            account.held += amount.money();
            let hold = Hold { amount, purpose, expires_at, rest: amount.money(), released: false };
            account.holds.insert(hold_id, hold);
        }
        Event::HoldCaptured {
            hold_id, reference, amount, contra_account, last, released, ..
        } => {
            account.posted -= amount.money();
            account.let_go(&hold_id, amount.money());
            account.let_go(&hold_id, released);
            let kind = BookingKind::Capture { hold_id, last };
            account.bookings.insert(reference, Booking { kind, amount, contra_account });
        }
        Event::HoldReleased { hold_id, released } => {
            account.let_go(&hold_id, released);
            account.mark_released(&hold_id);
        }
    }
}
