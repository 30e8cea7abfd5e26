//! What the tests of wallets speak about: one in rand, for Karoo Kitchen.

use super::{
    Wallet, WalletCommand, WalletEvent,
    command::{CaptureHold, Credit, Debit, Open, PlaceHold, ReleaseHold},
};
use crate::{
    billing::Customer,
    kernel::{
        Currency, Id,
        testing::{amount, id, target, text, zar},
    },
    payments::payment::examples::next_week,
};

/// The wallet under test.
pub(in crate::payments) fn wallet() -> Id<Wallet> {
    target()
}

pub(in crate::payments) fn karoo() -> Id<Customer> {
    id(1)
}

pub(in crate::payments) fn open(overdraft: Option<i64>) -> WalletCommand {
    WalletCommand::Open(Open {
        customer_id: karoo(),
        currency: Currency::ZAR,
        overdraft_limit: overdraft.map(amount),
    })
}

pub(in crate::payments) fn opened(overdraft: i64) -> WalletEvent {
    WalletEvent::Opened { customer_id: karoo(), overdraft_limit: zar(overdraft) }
}

pub(in crate::payments) fn credit(reference: &str, minor: i64) -> WalletCommand {
    let (reference, amount, contra_account) = (text(reference), amount(minor), text("unapplied"));
    WalletCommand::Credit(Credit { reference, amount, contra_account })
}

pub(in crate::payments) fn credited(reference: &str, minor: i64, balance: i64) -> WalletEvent {
    WalletEvent::Credited {
        reference: text(reference),
        amount: amount(minor),
        contra_account: text("unapplied"),
        balance: zar(balance),
    }
}

pub(in crate::payments) fn debit(reference: &str, minor: i64) -> WalletCommand {
    let (reference, amount, contra_account) = (text(reference), amount(minor), text("fees"));
    WalletCommand::Debit(Debit { reference, amount, contra_account })
}

pub(in crate::payments) fn debited(reference: &str, minor: i64, balance: i64) -> WalletEvent {
    WalletEvent::Debited {
        reference: text(reference),
        amount: amount(minor),
        contra_account: text("fees"),
        balance: zar(balance),
    }
}

pub(in crate::payments) fn hold(hold_id: &str, minor: i64) -> WalletCommand {
    WalletCommand::PlaceHold(PlaceHold {
        hold_id: text(hold_id),
        amount: amount(minor),
        purpose: text("table for nine"),
        expires_at: Some(next_week()),
    })
}

pub(in crate::payments) fn held(hold_id: &str, minor: i64) -> WalletEvent {
    WalletEvent::HoldPlaced {
        hold_id: text(hold_id),
        amount: amount(minor),
        purpose: text("table for nine"),
        expires_at: Some(next_week()),
    }
}

pub(in crate::payments) fn capture_hold(
    hold_id: &str,
    reference: &str,
    minor: i64,
    last: bool,
) -> WalletCommand {
    WalletCommand::CaptureHold(CaptureHold {
        hold_id: text(hold_id),
        reference: text(reference),
        amount: amount(minor),
        contra_account: text("fees"),
        last,
    })
}

/// A booking out of a hold: what it takes, what it lets go, what it leaves.
pub(in crate::payments) fn hold_captured(
    [hold_id, reference]: [&str; 2],
    minor: i64,
    [released, rest]: [i64; 2],
    balance: i64,
) -> WalletEvent {
    WalletEvent::HoldCaptured {
        hold_id: text(hold_id),
        reference: text(reference),
        amount: amount(minor),
        contra_account: text("fees"),
        last: released > 0,
        released: zar(released),
        rest: zar(rest),
        balance: zar(balance),
    }
}

pub(in crate::payments) fn release(hold_id: &str) -> WalletCommand {
    WalletCommand::ReleaseHold(ReleaseHold { hold_id: text(hold_id) })
}

pub(in crate::payments) fn hold_released(hold_id: &str, minor: i64) -> WalletEvent {
    WalletEvent::HoldReleased { hold_id: text(hold_id), released: zar(minor) }
}
