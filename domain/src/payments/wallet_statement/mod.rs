//! Every booking of every wallet, as a statement reads.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    kernel::{Currency, Folds, Id, Keys, ReadModel, Recorded, Slot, Timestamp},
    payments::{
        Wallet,
        wallet::{ContraAccount, Reference, WalletEvent as Event},
    },
};

/// All bookings of all wallets.
pub struct WalletStatement;

/// One booking: what moved, and the balance it left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WalletEntryRow {
    /// The wallet.
    pub wallet_id: Id<Wallet>,
    /// The place of the booking in the wallet's life; later ones are higher.
    pub entry: i64,
    /// Which way the money went.
    pub kind: WalletEntryKind,
    /// What the booking is called.
    pub reference: Reference,
    /// The account on the other side.
    pub contra_account: ContraAccount,
    /// The currency of both amounts.
    pub currency: Currency,
    /// What moved: into the wallet, or out of it if below zero.
    pub amount_minor: i64,
    /// The balance after it.
    pub balance_minor: i64,
    /// When it was booked.
    pub booked_at: Timestamp,
}

/// Which way the money of a booking went.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WalletEntryKind {
    /// In.
    Credit,
    /// Out.
    Debit,
    /// Out, of what had been held.
    Capture,
}

impl ReadModel for WalletStatement {
    const NAME: &'static str = "wallet_statement";
    const ROW: &'static str = "wallet_entry";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["wallet_id", "entry"];
    const INDEXES: &'static [&'static [&'static str]] =
        &[&["wallet_id", "booked_at"], &["booked_at"], &["reference"]];

    type Key = (Id<Wallet>, i64);
    type Row = WalletEntryRow;
    type Sources = (Wallet,);
}

impl Folds<Wallet> for WalletStatement {
    fn keys(recorded: &Recorded<Wallet>) -> Keys<(Id<Wallet>, i64)> {
        match recorded.event {
            Event::Credited { .. } | Event::Debited { .. } | Event::HoldCaptured { .. } => {
                (recorded.id, entry(recorded)).into()
            }
            Event::Opened { .. }
            | Event::HoldPlaced { .. }
            | Event::HoldReleased { .. }
            | Event::Frozen { .. }
            | Event::Unfrozen {}
            | Event::Closed {} => Keys::None,
        }
    }

    fn apply(slot: &mut Slot<'_, Self>, recorded: &Recorded<Wallet>) {
        let (kind, reference, contra_account, amount_minor, balance) = match recorded.event.clone()
        {
            Event::Credited { reference, amount, contra_account, balance } => {
                (WalletEntryKind::Credit, reference, contra_account, amount.minor(), balance)
            }
            Event::Debited { reference, amount, contra_account, balance } => {
                (WalletEntryKind::Debit, reference, contra_account, -amount.minor(), balance)
            }
            Event::HoldCaptured { reference, amount, contra_account, balance, .. } => {
                (WalletEntryKind::Capture, reference, contra_account, -amount.minor(), balance)
            }
            Event::Opened { .. }
            | Event::HoldPlaced { .. }
            | Event::HoldReleased { .. }
            | Event::Frozen { .. }
            | Event::Unfrozen {}
            | Event::Closed {} => return,
        };
        slot.put(WalletEntryRow {
            wallet_id: recorded.id,
            entry: entry(recorded),
            kind,
            reference,
            contra_account,
            currency: balance.currency,
            amount_minor,
            balance_minor: balance.minor,
            booked_at: recorded.envelope.occurred_at,
        });
    }
}

fn entry(recorded: &Recorded<Wallet>) -> i64 {
    i64::try_from(recorded.envelope.version).unwrap_or(i64::MAX)
}
