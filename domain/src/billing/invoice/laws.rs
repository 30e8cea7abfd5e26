use super::Invoice;
use crate::{
    billing::{
        Customer,
        stories::{
            credited_and_given_up, drafted_and_discarded, issued_and_void,
            overpaid_and_charged_back,
        },
    },
    kernel::testing::{fixtures, laws},
    payments::{Payment, Wallet},
};

/// Nothing is settled twice, and nothing is credited beyond what was billed.
fn stays_within_what_is_owed(invoice: &Invoice) -> Result<(), String> {
    let (Invoice::Issued(issued) | Invoice::Void(issued)) = invoice else { return Ok(()) };
    let total = issued.net + issued.tax;
    if total != issued.total {
        return Err(format!("net and tax come to {total}, not {}", issued.total));
    }
    if issued.due().minor < 0 {
        return Err(format!("{} is due", issued.due()));
    }
    for line in &issued.lines {
        let credited = issued.credited_line(&line.line_id);
        if credited > line.net {
            return Err(format!("{credited} of {} is credited", line.net));
        }
    }
    for tax in &issued.taxes {
        let credited = issued.credited_tax(tax.rate);
        if credited > tax.tax {
            return Err(format!("{credited} of {} tax is credited", tax.tax));
        }
    }
    match issued.payments.values().find(|payment| payment.left().minor < 0) {
        Some(payment) => Err(format!("a payment has {} left", payment.left())),
        None => Ok(()),
    }
}

#[test]
fn the_laws_of_invoices_hold() {
    laws::Aggregate::<Invoice>::new()
        .with::<Customer>()
        .with::<Payment>()
        .with::<Wallet>()
        .invariant(stays_within_what_is_owed)
        .orders(overpaid_and_charged_back())
        .orders(credited_and_given_up())
        .orders(issued_and_void())
        .orders(drafted_and_discarded())
        .hold();
}

#[test]
fn all_events_of_invoices_ever_stored_can_be_read() {
    fixtures::<Invoice>("src/billing/invoice/fixtures");
}
