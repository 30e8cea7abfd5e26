use super::{WalletEntryKind, WalletEntryRow, WalletStatement};
use crate::{
    kernel::{
        Currency,
        testing::{NOW, folding, laws, of, text},
    },
    payments::{
        stories::booked_and_closed,
        wallet::examples::{credited, debited, held, hold_captured, opened, wallet},
    },
};

fn entry(
    entry: i64,
    kind: WalletEntryKind,
    [reference, contra_account]: [&str; 2],
    amount_minor: i64,
    balance_minor: i64,
) -> WalletEntryRow {
    WalletEntryRow {
        wallet_id: wallet(),
        entry,
        kind,
        reference: text(reference),
        contra_account: text(contra_account),
        currency: Currency::ZAR,
        amount_minor,
        balance_minor,
        booked_at: NOW,
    }
}

#[test]
fn every_booking_is_an_entry_with_the_balance_it_left() {
    folding::<WalletStatement>([
        of(wallet(), opened(0)),
        of(wallet(), credited("c-1", 1_000, 1_000)),
        of(wallet(), held("h-1", 600)),
        of(wallet(), hold_captured(["h-1", "meal"], 200, [400, 0], 800)),
        of(wallet(), debited("d-1", 300, 500)),
    ])
    .then_rows([
        entry(2, WalletEntryKind::Credit, ["c-1", "unapplied"], 1_000, 1_000),
        entry(4, WalletEntryKind::Capture, ["meal", "fees"], -200, 800),
        entry(5, WalletEntryKind::Debit, ["d-1", "fees"], -300, 500),
    ]);
}

#[test]
fn the_laws_of_the_statement_hold() {
    laws::ReadModel::<WalletStatement>::new().orders(booked_and_closed()).hold();
}
