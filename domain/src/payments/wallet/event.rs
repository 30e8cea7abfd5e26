//! What becomes true of a wallet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ContraAccount, HoldId, Reference};
use crate::{
    billing::Customer,
    kernel::{Amount, Event, Id, Money, Text, Timestamp},
};

/// The facts of a wallet's life. Each booking moves its amount between the
/// wallet and the contra account, and tells the balance it leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WalletEvent {
    /// The wallet can be booked on.
    Opened {
        /// Whose money it will be.
        customer_id: Id<Customer>,
        /// How far below zero it may go, in the currency of every booking.
        overdraft_limit: Money,
    },
    /// Money was booked in.
    Credited {
        /// What the booking is called.
        reference: Reference,
        /// How much.
        amount: Amount,
        /// Where it came from.
        contra_account: ContraAccount,
        /// The balance after it.
        balance: Money,
    },
    /// Money was booked out.
    Debited {
        /// What the booking is called.
        reference: Reference,
        /// How much.
        amount: Amount,
        /// Where it went.
        contra_account: ContraAccount,
        /// The balance after it.
        balance: Money,
    },
    /// Money is promised.
    HoldPlaced {
        /// Which hold.
        hold_id: HoldId,
        /// How much.
        amount: Amount,
        /// What for.
        purpose: Text<200>,
        /// When it lets go by itself, if ever.
        expires_at: Option<Timestamp>,
    },
    /// Held money was booked out.
    HoldCaptured {
        /// Which hold.
        hold_id: HoldId,
        /// What the booking is called.
        reference: Reference,
        /// How much.
        amount: Amount,
        /// Where it went.
        contra_account: ContraAccount,
        /// Whether it was the last.
        last: bool,
        /// What of the hold is let go with it.
        released: Money,
        /// What is still held.
        rest: Money,
        /// The balance after it.
        balance: Money,
    },
    /// The hold let go.
    HoldReleased {
        /// Which hold.
        hold_id: HoldId,
        /// How much.
        released: Money,
    },
    /// Bookings and holds are stopped.
    Frozen {
        /// Why.
        reason: Text<200>,
    },
    /// Bookings and holds go on.
    Unfrozen {},
    /// Nothing will be booked any more.
    Closed {},
}

impl Event for WalletEvent {}
