use super::{InvoiceRow, InvoiceStatus, Invoices};
use crate::{
    billing::{
        Customer, InvoiceEvent as Event,
        examples::{
            applied, capture, credited, drafted, due_on, invoice, issued, karoo, line, line_added,
            paid, payment, reopened, unapplied, voided, written_off,
        },
        invoice::line::{AppliedDiscount, Discount},
        stories::{
            credited_and_given_up, drafted_and_discarded, issued_and_void,
            overpaid_and_charged_back,
        },
    },
    kernel::{
        Currency,
        testing::{Folded, NOW, folding, laws, of, rate, text, today, zar},
    },
    payments::{Payment, Wallet},
};

/// The row of an invoice to which this has happened, in one day.
fn after(events: impl IntoIterator<Item = Event>) -> Folded<Invoices> {
    folding(events.into_iter().map(|event| of(invoice(), event)))
}

/// The same, after it was issued.
fn after_issue(events: impl IntoIterator<Item = Event>) -> Folded<Invoices> {
    let lines = [line_added("menu", 1, 4_000), line_added("photos", 2, 3_000)];
    after([drafted()].into_iter().chain(lines).chain([issued()]).chain(events))
}

/// The row of the draft, without lines.
fn draft() -> InvoiceRow {
    InvoiceRow {
        id: invoice(),
        number: None,
        customer_id: karoo(),
        status: InvoiceStatus::Draft,
        overdue: false,
        currency: Currency::ZAR,
        net_minor: 0,
        tax_minor: 0,
        total_minor: 0,
        paid_minor: 0,
        overpaid_minor: 0,
        credited_minor: 0,
        written_off_minor: 0,
        due_minor: 0,
        issued_on: None,
        due_on: None,
        paid_on: None,
        lines: vec![],
        discounts: vec![],
        drafted_at: NOW,
    }
}

/// The row of the invoice of R 115.00, of which nothing is settled.
fn open() -> InvoiceRow {
    InvoiceRow {
        number: Some(text("INV-2026-000001")),
        status: InvoiceStatus::Issued,
        net_minor: 10_000,
        tax_minor: 1_500,
        total_minor: 11_500,
        due_minor: 11_500,
        issued_on: Some(today()),
        due_on: Some(due_on()),
        lines: vec![line("menu", 1, 4_000), line("photos", 2, 3_000)],
        ..draft()
    }
}

#[test]
fn a_draft_shows_what_it_would_come_to() {
    let lines = vec![line("menu", 1, 4_000)];
    let (net_minor, tax_minor, total_minor) = (4_000, 600, 4_600);
    let row = InvoiceRow { net_minor, tax_minor, total_minor, lines, ..draft() };
    after([drafted(), line_added("menu", 1, 4_000)]).then_rows([row.clone()]);
    let discount =
        AppliedDiscount { discount_id: text("spring"), discount: Discount::Rate(rate(1_000)) };
    let discounted = Event::DiscountApplied { discount: discount.clone() };
    after([drafted(), line_added("menu", 1, 4_000), discounted]).then_rows([InvoiceRow {
        discounts: vec![discount],
        net_minor: 3_600,
        tax_minor: 540,
        total_minor: 4_140,
        ..row
    }]);
    let removed = Event::LineRemoved { line_id: text("menu") };
    after([drafted(), line_added("menu", 1, 4_000), removed]).then_rows([draft()]);
}

#[test]
fn a_draft_that_was_thrown_away_is_gone() {
    after([drafted(), Event::Discarded {}]).then_no_rows();
}

#[test]
fn an_issued_invoice_shows_what_was_decided() {
    after_issue([]).then_rows([open()]);
}

#[test]
fn payments_settle_it_step_by_step() {
    let row = InvoiceRow {
        status: InvoiceStatus::PartiallyPaid,
        paid_minor: 1_500,
        due_minor: 10_000,
        ..open()
    };
    after_issue([applied(payment(), 1_500)]).then_rows([row.clone()]);
    after_issue([applied(payment(), 1_500), unapplied("cb-1", 1_500)]).then_rows([open()]);
    let row = InvoiceRow {
        status: InvoiceStatus::Paid,
        paid_minor: 11_500,
        due_minor: 0,
        paid_on: Some(today()),
        ..row
    };
    after_issue([applied(payment(), 11_500), paid()]).then_rows([row]);
}

#[test]
fn an_overpayment_stands_apart() {
    let overpaid = Event::OverpaymentRecorded {
        payment_id: payment(),
        capture_id: capture(),
        amount: zar(500),
        customer_id: karoo(),
    };
    after_issue([overpaid]).then_rows([InvoiceRow { overpaid_minor: 500, ..open() }]);
}

#[test]
fn a_reopened_invoice_is_no_longer_paid() {
    after_issue([applied(payment(), 11_500), paid(), unapplied("cb-1", 500), reopened()])
        .then_rows([InvoiceRow {
            status: InvoiceStatus::PartiallyPaid,
            paid_minor: 11_000,
            due_minor: 500,
            ..open()
        }]);
}

#[test]
fn an_overdue_invoice_is_so_until_nothing_is_due() {
    let overdue =
        || Event::BecameOverdue { due_on: due_on(), due: zar(11_500), customer_id: karoo() };
    after_issue([overdue()]).then_rows([InvoiceRow { overdue: true, ..open() }]);
    after_issue([overdue(), written_off(11_500)]).then_rows([InvoiceRow {
        status: InvoiceStatus::WrittenOff,
        written_off_minor: 11_500,
        due_minor: 0,
        ..open()
    }]);
}

#[test]
fn a_credit_is_no_longer_due() {
    after_issue([credited("c-1", &[("menu", 1_000)], 150)]).then_rows([InvoiceRow {
        status: InvoiceStatus::PartiallyPaid,
        credited_minor: 1_150,
        due_minor: 10_350,
        ..open()
    }]);
}

#[test]
fn nothing_is_due_of_a_void_invoice() {
    let void = InvoiceRow { status: InvoiceStatus::Void, due_minor: 0, ..open() };
    after_issue([voided()]).then_rows([void]);
}

#[test]
fn the_laws_of_the_list_hold() {
    laws::ReadModel::<Invoices>::new()
        .with::<Customer>()
        .with::<Payment>()
        .with::<Wallet>()
        .orders(overpaid_and_charged_back())
        .orders(credited_and_given_up())
        .orders(issued_and_void())
        .orders(drafted_and_discarded())
        .hold();
}
