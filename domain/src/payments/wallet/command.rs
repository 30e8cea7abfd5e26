//! What may be asked of a wallet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ContraAccount, HoldId, Reference};
use crate::{
    billing::Customer,
    kernel::{Amount, Command, Currency, Id, Text, Timestamp},
};

/// Opens a wallet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// Whose money it will be.
    pub customer_id: Id<Customer>,
    /// The currency of every booking.
    pub currency: Currency,
    /// How far below zero it may go, if at all.
    #[serde(default)]
    pub overdraft_limit: Option<Amount>,
}

/// Books money into the wallet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credit {
    /// What the booking is called. Each counts once.
    pub reference: Reference,
    /// How much.
    pub amount: Amount,
    /// The account that the money comes from.
    pub contra_account: ContraAccount,
}

/// Books money out of the wallet, as far as it is there and not held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Debit {
    /// What the booking is called. Each counts once.
    pub reference: Reference,
    /// How much.
    pub amount: Amount,
    /// The account that the money goes to.
    pub contra_account: ContraAccount,
}

/// Promises money that is there, without booking it yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceHold {
    /// What the hold is called. Each is placed once and resolved once.
    pub hold_id: HoldId,
    /// How much.
    pub amount: Amount,
    /// What for.
    pub purpose: Text<200>,
    /// When it lets go by itself, if ever.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// Books held money out of the wallet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaptureHold {
    /// Which hold.
    pub hold_id: HoldId,
    /// What the booking is called. Each counts once.
    pub reference: Reference,
    /// How much of what is held.
    pub amount: Amount,
    /// The account that the money goes to.
    pub contra_account: ContraAccount,
    /// Whether it is the last, so that the rest of the hold is let go.
    #[serde(default)]
    pub last: bool,
}

/// Lets go of what is held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseHold {
    /// Which hold.
    pub hold_id: HoldId,
}

/// Stops all bookings and holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// Why.
    pub reason: Text<200>,
}

/// Lets bookings and holds go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unfreeze {}

/// Closes a wallet in which nothing is left or held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {}

/// A wallet keeps money for a customer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "every command is documented where its fields are")]
pub enum WalletCommand {
    Open(Open),
    Credit(Credit),
    Debit(Debit),
    PlaceHold(PlaceHold),
    CaptureHold(CaptureHold),
    ReleaseHold(ReleaseHold),
    Freeze(Freeze),
    Unfreeze(Unfreeze),
    Close(Close),
}

impl Command for WalletCommand {
    const CREATE: &'static [&'static str] = &["open"];
}
