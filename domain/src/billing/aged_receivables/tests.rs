use super::{AgedReceivableRow, AgedReceivables};
use crate::{
    billing::{
        Customer, Invoice,
        examples::{
            applied, credited, drafted, due_on, invoice, issued, karoo, paid, payment, unapplied,
            voided, written_off,
        },
        stories::{credited_and_given_up, issued_and_void, overpaid_and_charged_back},
    },
    kernel::{
        Currency, Date,
        testing::{folding, id, laws, of, today},
    },
    payments::{Payment, Wallet},
};

fn row(booked_on: Date, amount_minor: i64, bookings: i64) -> AgedReceivableRow {
    AgedReceivableRow {
        customer_id: karoo(),
        currency: Currency::ZAR,
        due_on: due_on(),
        booked_on,
        amount_minor,
        bookings,
    }
}

#[test]
fn drafts_are_not_owed() {
    folding::<AgedReceivables>([of(invoice(), drafted())]).then_no_rows();
}

#[test]
fn each_day_has_its_own_change() {
    let days: Vec<Date> = (0..4).map(|day| today().plus_days(day)).collect();
    folding::<AgedReceivables>([
        of(invoice(), issued()).on(days[0]),
        of(invoice(), applied(payment(), 1_500)).on(days[1]),
        of(invoice(), credited("c-1", &[("menu", 1_000)], 150)).on(days[2]),
        of(invoice(), unapplied("cb-1", 500)).on(days[2]),
        of(invoice(), written_off(9_350)).on(days[3]),
        of(invoice(), paid()).on(days[3]),
    ])
    .then_rows([
        row(days[0], 11_500, 1),
        row(days[1], -1_500, 1),
        row(days[2], -650, 2),
        row(days[3], -9_350, 1),
    ]);
}

#[test]
fn invoices_that_are_due_together_share_a_row() {
    folding::<AgedReceivables>([
        of(invoice(), issued()),
        of(id::<Invoice>(2), issued()),
        of(id::<Invoice>(2), voided()).on(due_on()),
    ])
    .then_rows([row(today(), 23_000, 2), row(due_on(), -11_500, 1)]);
}

#[test]
fn the_laws_of_the_balance_hold() {
    laws::ReadModel::<AgedReceivables>::new()
        .with::<Customer>()
        .with::<Payment>()
        .with::<Wallet>()
        .orders(overpaid_and_charged_back())
        .orders(credited_and_given_up())
        .orders(issued_and_void())
        .hold();
}
