use super::{ReceiptRow, Receipts};
use crate::{
    billing::{
        Customer, Invoice, ReceiptEvent as Event,
        examples::{capture, karoo, payment},
        receipt::receipt_id,
        stories::acknowledged,
    },
    kernel::{
        Currency,
        testing::{folding, laws, of, target, text, today, zar},
    },
    payments::{Payment, Wallet},
};

#[test]
fn a_receipt_is_shown_with_what_it_acknowledges() {
    let id = receipt_id(payment(), &capture());
    let issued = Event::Issued {
        number: text("RCP-2026-000001"),
        sequence: 1,
        invoice_id: target(),
        invoice_number: text("INV-2026-000001"),
        customer_id: karoo(),
        payment_id: payment(),
        capture_id: capture(),
        amount: zar(1_500),
        issued_on: today(),
    };
    folding::<Receipts>([of(id, issued)]).then_rows([ReceiptRow {
        id,
        number: text("RCP-2026-000001"),
        invoice_id: target(),
        invoice_number: text("INV-2026-000001"),
        customer_id: karoo(),
        payment_id: payment(),
        capture_id: capture(),
        currency: Currency::ZAR,
        amount_minor: 1_500,
        issued_on: today(),
    }]);
}

#[test]
fn the_laws_of_the_list_hold() {
    laws::ReadModel::<Receipts>::new()
        .with::<Invoice>()
        .with::<Customer>()
        .with::<Payment>()
        .with::<Wallet>()
        .orders(acknowledged())
        .hold();
}
