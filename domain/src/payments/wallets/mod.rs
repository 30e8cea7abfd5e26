//! Every wallet with its balances.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    billing::Customer,
    kernel::{Currency, Folds, Id, Keys, ReadModel, Recorded, Slot, Timestamp},
    payments::{Wallet, wallet::WalletEvent as Event},
};

/// All wallets.
pub struct Wallets;

/// One wallet: what is posted, what of it is held, what can be spent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WalletRow {
    /// The wallet.
    pub id: Id<Wallet>,
    /// Whose money it is.
    pub customer_id: Id<Customer>,
    /// Whether it can be booked on.
    pub status: WalletStatus,
    /// The currency of every amount.
    pub currency: Currency,
    /// The balance.
    pub posted_minor: i64,
    /// What is promised of it.
    pub held_minor: i64,
    /// How far below zero it may go.
    pub overdraft_minor: i64,
    /// What can be booked out or held.
    pub available_minor: i64,
    /// How many bookings there are.
    pub bookings: i64,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was last booked on.
    pub booked_at: Option<Timestamp>,
}

/// Whether a wallet can be booked on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WalletStatus {
    /// It can.
    Open,
    /// Not for the time being.
    Frozen,
    /// Never again.
    Closed,
}

impl ReadModel for Wallets {
    const NAME: &'static str = "wallets";
    const ROW: &'static str = "wallet";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["id"];
    const INDEXES: &'static [&'static [&'static str]] =
        &[&["customer_id"], &["status"], &["currency", "available_minor"]];
    const OF_ONE_AGGREGATE: bool = true;

    type Key = Id<Wallet>;
    type Row = WalletRow;
    type Sources = (Wallet,);
}

impl Folds<Wallet> for Wallets {
    fn keys(event: &Recorded<Wallet>) -> Keys<Id<Wallet>> {
        event.id.into()
    }

    fn apply(slot: &mut Slot<'_, Self>, recorded: &Recorded<Wallet>) {
        let at = recorded.envelope.occurred_at;
        match &recorded.event {
            Event::Opened { customer_id, overdraft_limit } => slot.put(WalletRow {
                id: recorded.id,
                customer_id: *customer_id,
                status: WalletStatus::Open,
                currency: overdraft_limit.currency,
                posted_minor: 0,
                held_minor: 0,
                overdraft_minor: overdraft_limit.minor,
                available_minor: overdraft_limit.minor,
                bookings: 0,
                opened_at: at,
                booked_at: None,
            }),
            Event::Credited { amount, .. } => slot.change(|row| row.book(amount.minor(), at)),
            Event::Debited { amount, .. } => slot.change(|row| row.book(-amount.minor(), at)),
            Event::HoldPlaced { amount, .. } => slot.change(|row| row.hold(amount.minor())),
            Event::HoldCaptured { amount, released, .. } => slot.change(|row| {
                row.hold(-amount.minor() - released.minor);
                row.book(-amount.minor(), at);
            }),
            Event::HoldReleased { released, .. } => slot.change(|row| row.hold(-released.minor)),
            Event::Frozen { .. } => slot.change(|row| row.status = WalletStatus::Frozen),
            Event::Unfrozen {} => slot.change(|row| row.status = WalletStatus::Open),
            Event::Closed {} => slot.change(|row| row.status = WalletStatus::Closed),
        }
    }
}

impl WalletRow {
    fn book(&mut self, minor: i64, at: Timestamp) {
        self.posted_minor += minor;
        self.available_minor += minor;
        self.bookings += 1;
        self.booked_at = Some(at);
    }

    fn hold(&mut self, minor: i64) {
        self.held_minor += minor;
        self.available_minor -= minor;
    }
}
