use super::{DailyRevenue, DailyRevenueRow};
use crate::{
    billing::{
        Customer, Invoice,
        examples::{
            applied, credited, drafted, invoice, issued, paid, payment, unapplied, voided,
            written_off,
        },
        stories::{credited_and_given_up, issued_and_void, overpaid_and_charged_back},
    },
    kernel::{
        Currency,
        testing::{folding, id, laws, of, today},
    },
    payments::{Payment, Wallet},
};

#[test]
fn a_day_shows_what_was_billed_and_what_became_of_it() {
    let tomorrow = today().plus_days(1);
    folding::<DailyRevenue>([
        of(invoice(), drafted()),
        of(invoice(), issued()),
        of(id::<Invoice>(2), issued()),
        of(invoice(), credited("c-1", &[("menu", 1_000)], 150)),
        of(invoice(), applied(payment(), 1_500)),
        of(invoice(), unapplied("cb-1", 500)).on(tomorrow),
        of(invoice(), written_off(9_350)).on(tomorrow),
        of(invoice(), paid()).on(tomorrow),
        of(id::<Invoice>(2), voided()).on(tomorrow),
    ])
    .then_rows([
        DailyRevenueRow {
            invoices_issued: 2,
            billed_net_minor: 20_000,
            billed_tax_minor: 3_000,
            credited_net_minor: 1_000,
            credited_tax_minor: 150,
            collected_minor: 1_500,
            ..DailyRevenueRow::empty(today(), Currency::ZAR)
        },
        DailyRevenueRow {
            invoices_voided: 1,
            voided_net_minor: 10_000,
            voided_tax_minor: 1_500,
            written_off_minor: 9_350,
            collected_minor: -500,
            ..DailyRevenueRow::empty(tomorrow, Currency::ZAR)
        },
    ]);
}

#[test]
fn the_laws_of_the_day_hold() {
    laws::ReadModel::<DailyRevenue>::new()
        .with::<Customer>()
        .with::<Payment>()
        .with::<Wallet>()
        .orders(overpaid_and_charged_back())
        .orders(credited_and_given_up())
        .orders(issued_and_void())
        .hold();
}
