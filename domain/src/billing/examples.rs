//! What the tests of this context speak about: one customer, Karoo Kitchen,
//! and one invoice of R 115.00.

use super::{
    Customer, CustomerCommand, CustomerEvent, Invoice, InvoiceCommand, InvoiceEvent,
    customer::command::Open,
    invoice::{
        command::{AddLine, ApplyPayment, CreditReason, Draft, Issue, ReversalReason},
        line::{BilledLine, CreditedLine, Line, Tax},
    },
};
use crate::{
    kernel::{
        Currency, Date, Id, Positive,
        testing::{amount, days, id, rate, target, text, today, zar},
    },
    payments::{
        CaptureId, Payment,
        payment::{
            PaymentCommand, PaymentEvent,
            command::{Purpose, Receive},
        },
    },
};

/// Karoo Kitchen.
pub(super) fn karoo() -> Id<Customer> {
    id(1)
}

pub(super) fn open() -> CustomerCommand {
    CustomerCommand::Open(Open {
        name: text("Karoo Kitchen"),
        email: text("Accounts@karoo.example"),
        currency: Currency::ZAR,
        payment_terms_days: days(30),
    })
}

pub(super) fn opened() -> CustomerEvent {
    CustomerEvent::Opened {
        name: text("Karoo Kitchen"),
        email: text("Accounts@karoo.example").into(),
        currency: Currency::ZAR,
        payment_terms_days: days(30),
    }
}

/// The invoice under test.
pub(super) fn invoice() -> Id<Invoice> {
    target()
}

pub(super) fn draft() -> InvoiceCommand {
    InvoiceCommand::Draft(Draft { customer_id: karoo(), currency: Currency::ZAR })
}

pub(super) fn drafted() -> InvoiceEvent {
    InvoiceEvent::Drafted { customer_id: karoo(), currency: Currency::ZAR }
}

/// A line with 15 % tax and no discount.
pub(super) fn add_line(line_id: &str, quantity: i64, unit_price: i64) -> InvoiceCommand {
    InvoiceCommand::AddLine(AddLine {
        line_id: text(line_id),
        description: text("Menu design"),
        quantity: Positive::new(quantity).unwrap(),
        unit_price: zar(unit_price),
        tax_rate: rate(1_500),
        discount_rate: None,
    })
}

pub(super) fn line_added(line_id: &str, quantity: i64, unit_price: i64) -> InvoiceEvent {
    InvoiceEvent::LineAdded { line: line(line_id, quantity, unit_price) }
}

pub(super) fn line(line_id: &str, quantity: i64, unit_price: i64) -> Line {
    Line {
        line_id: text(line_id),
        description: text("Menu design"),
        quantity: Positive::new(quantity).unwrap(),
        unit_price: zar(unit_price),
        discount_rate: rate(0),
        tax_rate: rate(1_500),
        net: zar(quantity * unit_price),
    }
}

pub(super) fn issue() -> InvoiceCommand {
    InvoiceCommand::Issue(Issue { due: None })
}

/// The last day to pay what is issued today.
pub(super) fn due_on() -> Date {
    today().plus_days(30)
}

/// The invoice of R 115.00, issued today: two lines of 4 000 and 6 000 cents,
/// and 1 500 cents of tax.
pub(super) fn issued() -> InvoiceEvent {
    let billed =
        |line_id, net| BilledLine { line_id: text(line_id), tax_rate: rate(1_500), net: zar(net) };
    InvoiceEvent::Issued {
        number: text("INV-2026-000001"),
        sequence: 1,
        customer_id: karoo(),
        issued_on: today(),
        due_on: due_on(),
        lines: vec![billed("menu", 4_000), billed("photos", 6_000)],
        taxes: vec![Tax { rate: rate(1_500), taxable: zar(10_000), tax: zar(1_500) }],
        net: zar(10_000),
        tax: zar(1_500),
        total: zar(11_500),
    }
}

pub(super) fn payment() -> Id<Payment> {
    id(1)
}

pub(super) fn capture() -> CaptureId {
    text("received")
}

/// A bank transfer for the invoice under test is booked.
pub(super) fn receive(minor: i64) -> PaymentCommand {
    PaymentCommand::Receive(Receive {
        amount: amount(minor),
        purpose: Purpose::Invoice(invoice()),
        method_ref: text("statement 2026-01-15 line 7"),
    })
}

/// A bank transfer for the invoice under test.
pub(super) fn received(minor: i64) -> PaymentEvent {
    PaymentEvent::Received {
        capture_id: capture(),
        amount: amount(minor),
        purpose: Purpose::Invoice(invoice()),
        method_ref: text("statement 2026-01-15 line 7"),
    }
}

pub(super) fn apply(payment_id: Id<Payment>, minor: i64) -> InvoiceCommand {
    let (capture_id, amount) = (capture(), amount(minor));
    InvoiceCommand::ApplyPayment(ApplyPayment { payment_id, capture_id, amount })
}

/// Some of the invoice, or all of it, was paid by one payment.
pub(super) fn applied(payment_id: Id<Payment>, minor: i64) -> InvoiceEvent {
    InvoiceEvent::PaymentApplied {
        payment_id,
        capture_id: capture(),
        amount: zar(minor),
        customer_id: karoo(),
        due_on: due_on(),
    }
}

pub(super) fn paid() -> InvoiceEvent {
    InvoiceEvent::Paid { paid_on: today() }
}

pub(super) fn unapplied(reversal: &str, minor: i64) -> InvoiceEvent {
    InvoiceEvent::PaymentUnapplied {
        payment_id: payment(),
        reversal_id: text(reversal),
        reason: ReversalReason::Chargeback,
        amount: zar(minor),
        customer_id: karoo(),
        due_on: due_on(),
    }
}

pub(super) fn reopened() -> InvoiceEvent {
    InvoiceEvent::Reopened { due_on: due_on() }
}

pub(super) fn written_off(minor: i64) -> InvoiceEvent {
    let reason = text("insolvent");
    InvoiceEvent::WrittenOff { amount: zar(minor), reason, customer_id: karoo(), due_on: due_on() }
}

pub(super) fn voided() -> InvoiceEvent {
    InvoiceEvent::Voided {
        reason: text("wrong customer"),
        net: zar(10_000),
        tax: zar(1_500),
        total: zar(11_500),
        customer_id: karoo(),
        due_on: due_on(),
    }
}

pub(super) fn credited_lines(lines: &[(&str, i64)]) -> Vec<CreditedLine> {
    lines
        .iter()
        .map(|(line_id, net)| CreditedLine { line_id: text(line_id), net: amount(*net) })
        .collect()
}

/// A credit of parts of lines before tax, and the tax on all of them.
pub(super) fn credited(credit_id: &str, lines: &[(&str, i64)], tax: i64) -> InvoiceEvent {
    let net: i64 = lines.iter().map(|(_, net)| net).sum();
    InvoiceEvent::Credited {
        credit_id: text(credit_id),
        reason: CreditReason::Unsatisfactory,
        lines: credited_lines(lines),
        taxes: vec![Tax { rate: rate(1_500), taxable: zar(net), tax: zar(tax) }],
        net: zar(net),
        tax: zar(tax),
        total: zar(net + tax),
        customer_id: karoo(),
        due_on: due_on(),
    }
}
