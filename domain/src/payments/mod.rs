//! Payments: money that moves between payers and us, and money that we keep.
//!
//! A [`Payment`] draws money from a payer through a provider; a [`Wallet`]
//! keeps it for a customer. What a payment is for, an invoice or a wallet, it
//! knows by id alone: the billing context looks here, never the other way.
//!
//! Follow one payment: [`payment::command`], `payment/decide.rs`,
//! [`payment::event`], [`payment::state`], then its row in [`payments`].

pub mod payment;
pub mod wallet;

#[cfg(test)]
mod stories;

#[expect(clippy::module_inception, reason = "the rows of what the context is named after")]
pub mod payments;
pub mod reactions;
pub mod wallet_statement;
pub mod wallets;

use crate::kernel::{Context, Interpreter};

pub use payment::{CaptureId, Payment, PaymentCommand, PaymentEvent, PaymentRejection, RefundId};
pub use wallet::{Wallet, WalletCommand, WalletEvent, WalletRejection};

/// The context.
pub struct Payments;

impl Context for Payments {
    const NAME: &'static str = "payments";
    const DOC: &'static str = "Money that moves between payers and us, and money that we keep.";

    fn declare(to: &mut impl Interpreter) {
        to.aggregate::<Payment>();
        to.aggregate::<Wallet>();
        to.read_model::<payments::Payments>();
        to.read_model::<wallets::Wallets>();
        to.read_model::<wallet_statement::WalletStatement>();
        to.reaction::<reactions::FillWallets>();
        to.reaction::<reactions::ReturnLateMoney>();
        to.reaction::<reactions::ExpireAuthorizations>();
        to.reaction::<reactions::ExpireHolds>();
    }
}
