//! Why a wallet refuses.

use schemars::JsonSchema;
use serde::Serialize;

use crate::kernel::{Currency, Money, Rejection, Text};

/// The reasons for which a wallet refuses.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WalletRejection {
    /// There is no such wallet.
    #[error("there is no such wallet; open it first")]
    NotFound,
    /// The wallet was opened already, as another one.
    #[error("the wallet exists already and is another one; open it under a new id")]
    AlreadyExists,
    /// An amount is in another currency than the wallet.
    #[error("the currency is {got}, expected {expected}")]
    CurrencyDiffers {
        /// The wallet's currency.
        expected: Currency,
        /// The currency that the amount is in.
        got: Currency,
    },
    /// The wallet is frozen.
    #[error("the wallet is frozen; unfreeze it first")]
    Frozen,
    /// The wallet is closed, and stays so.
    #[error("the wallet is closed; open a new one")]
    Closed,
    /// The reference belongs to another booking.
    #[error("reference {reference} belongs to another booking; use another reference")]
    RefReused {
        /// The reference.
        reference: Text<128>,
    },
    /// There is less than what was to be booked out or held.
    #[error("{available} is available, {requested} was requested")]
    InsufficientFunds {
        /// What is posted and not held, with the overdraft.
        available: Money,
        /// What was to be booked out or held.
        requested: Money,
    },
    /// More would be kept than can be.
    #[error("a wallet keeps at most {limit}; use another wallet")]
    BalanceTooLarge {
        /// The most that can be kept.
        limit: Money,
    },
    /// The hold was placed already with other contents.
    #[error("hold {hold_id} was placed already with other contents; use another hold id")]
    HoldIdReused {
        /// The hold.
        hold_id: Text<64>,
    },
    /// There is no such hold.
    #[error("there is no hold {hold_id}; place it first")]
    NoSuchHold {
        /// The hold.
        hold_id: Text<64>,
    },
    /// The hold was captured to the end, or released.
    #[error("hold {hold_id} is resolved already")]
    HoldResolved {
        /// The hold.
        hold_id: Text<64>,
    },
    /// More would be captured than is held.
    #[error("{rest} is held, {requested} cannot be captured")]
    CaptureExceedsHold {
        /// What is still held.
        rest: Money,
        /// What was to be captured.
        requested: Money,
    },
    /// Something is left or held in the wallet.
    #[error("{posted} is posted and {held} held; book it out and release holds first")]
    NotEmpty {
        /// The balance.
        posted: Money,
        /// What is promised of it.
        held: Money,
    },
}

impl Rejection for WalletRejection {}
