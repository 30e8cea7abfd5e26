//! The books of one wallet.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ContraAccount, HoldId, Reference};
use crate::{
    billing::Customer,
    kernel::{Amount, Currency, Id, Money, Text, Timestamp},
};

/// What is posted and what is held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Whose money it is.
    pub customer_id: Id<Customer>,
    /// How far below zero it may go.
    pub overdraft_limit: Money,
    /// The balance.
    pub posted: Money,
    /// What is promised of it.
    pub held: Money,
    /// The holds, resolved ones included.
    pub holds: BTreeMap<HoldId, Hold>,
    /// The bookings, to know them again.
    pub bookings: BTreeMap<Reference, Booking>,
}

/// A booking as it was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Booking {
    /// In, out, or out of which hold.
    pub kind: BookingKind,
    /// How much.
    pub amount: Amount,
    /// The account on the other side.
    pub contra_account: ContraAccount,
}

/// Which way the money of a booking goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum BookingKind {
    /// In.
    Credit,
    /// Out.
    Debit,
    /// Out of a hold.
    Capture {
        /// Which hold.
        hold_id: HoldId,
        /// Whether the rest of it was let go.
        last: bool,
    },
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hold {
    /// How much was held at first.
    pub amount: Amount,
    /// What for.
    pub purpose: Text<200>,
    /// When it lets go by itself, if ever.
    pub expires_at: Option<Timestamp>,
    /// What is still held.
    pub rest: Money,
    /// Whether it was released, not captured to the end.
    pub released: bool,
}

impl Account {
    pub(super) fn new(customer_id: Id<Customer>, overdraft_limit: Money) -> Self {
        let nothing = Money::zero(overdraft_limit.currency);
        Self {
            customer_id,
            overdraft_limit,
            posted: nothing,
            held: nothing,
            holds: BTreeMap::new(),
            bookings: BTreeMap::new(),
        }
    }

    /// The currency of every booking.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.overdraft_limit.currency
    }

    /// What can be booked out or held.
    // INVARIANT: never below zero; guarded by `laws.rs`.
    #[must_use]
    pub fn available(&self) -> Money {
        self.posted - self.held + self.overdraft_limit
    }

    pub(super) fn let_go(&mut self, hold: &HoldId, amount: Money) {
        self.held -= amount;
        if let Some(hold) = self.holds.get_mut(hold) {
            hold.rest -= amount;
        }
    }

    pub(super) fn mark_released(&mut self, hold: &HoldId) {
        if let Some(hold) = self.holds.get_mut(hold) {
            hold.released = true;
        }
    }
}
