use super::Receipt;
use crate::{
    billing::{Customer, Invoice, stories::acknowledged},
    kernel::testing::{fixtures, laws},
    payments::{Payment, Wallet},
};

#[test]
fn the_laws_of_receipts_hold() {
    laws::Aggregate::<Receipt>::new()
        .with::<Invoice>()
        .with::<Customer>()
        .with::<Payment>()
        .with::<Wallet>()
        .orders(acknowledged())
        .hold();
}

#[test]
fn all_events_of_receipts_ever_stored_can_be_read() {
    fixtures::<Receipt>("src/billing/receipt/fixtures");
}
