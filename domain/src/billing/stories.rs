//! Stories that lead the laws to what chance rarely reaches.

use super::{
    CustomerCommand, Invoice, InvoiceCommand as Command, ReceiptCommand,
    customer::command::{AgreeTerms, Close, Rename, ReplaceEmail},
    examples::{add_line, apply, capture, draft, due_on, issue, karoo, open, payment, receive},
    invoice::{
        command::{
            ApplyDiscount, Credit, CreditReason, CreditWhat, Discard, MarkOverdue, RemoveLine,
            ReversalReason, UnapplyPayment, Void, WriteOff,
        },
        line::Discount,
    },
    receipt::{command::Issue, receipt_id},
};
use crate::{
    kernel::testing::{
        amount, days, id,
        laws::{Order, to},
        rate, target, text,
    },
    payments::Payment,
};

/// Chance rarely writes an address, without which there is no customer.
pub(super) fn renamed_and_closed() -> impl Iterator<Item = Order> {
    [
        open(),
        CustomerCommand::Rename(Rename { name: text("Karoo Catering") }),
        CustomerCommand::ReplaceEmail(ReplaceEmail { email: text("bills@karoo.example") }),
        CustomerCommand::AgreeTerms(AgreeTerms { payment_terms_days: days(7) }),
        CustomerCommand::Close(Close { reason: text("moved away") }),
    ]
    .map(|command| to(karoo(), command))
    .into_iter()
}

fn order(command: Command) -> Order {
    to(target::<Invoice>(), command)
}

/// The invoice of R 115.00 is issued.
fn an_issued_invoice() -> [Order; 5] {
    let lines = [add_line("menu", 1, 4_000), add_line("photos", 2, 3_000)];
    let [menu, photos] = lines.map(order);
    [to(karoo(), open()), order(draft()), menu, photos, order(issue())]
}

/// Reaches every fact that payments bring about.
pub(super) fn overpaid_and_charged_back() -> impl Iterator<Item = Order> {
    let unapply = |reversal: &str, minor| {
        order(Command::UnapplyPayment(UnapplyPayment {
            payment_id: payment(),
            reversal_id: text(reversal),
            amount: amount(minor),
            reason: ReversalReason::Chargeback,
        }))
    };
    an_issued_invoice().into_iter().chain([
        to(payment(), receive(12_000)),
        order(apply(payment(), 12_000)),
        unapply("cb-1", 500),
        unapply("cb-2", 1_000),
    ])
}

/// Reaches every fact of an invoice that is never paid.
pub(super) fn credited_and_given_up() -> impl Iterator<Item = Order> {
    let credit = |credit_id: &str, minor| {
        let (what, reason) = (CreditWhat::Amount(amount(minor)), CreditReason::Other);
        order(Command::Credit(Credit { credit_id: text(credit_id), what, reason }))
    };
    an_issued_invoice().into_iter().chain([
        credit("c-1", 77),
        order(Command::MarkOverdue(MarkOverdue { due_on: due_on() })).after_days(31),
        order(Command::WriteOff(WriteOff { reason: text("insolvent") })),
    ])
}

/// Money comes for an invoice that never was.
pub(super) fn issued_and_void() -> impl Iterator<Item = Order> {
    an_issued_invoice().into_iter().chain([
        order(Command::Void(Void { reason: text("wrong customer") })),
        to(id::<Payment>(2), receive(11_500)),
        order(apply(id(2), 11_500)),
    ])
}

/// A draft comes to nothing.
pub(super) fn drafted_and_discarded() -> impl Iterator<Item = Order> {
    let commands = [
        draft(),
        add_line("menu", 1, 4_000),
        Command::ApplyDiscount(ApplyDiscount {
            discount_id: text("spring"),
            discount: Discount::Rate(rate(1_000)),
        }),
        Command::RemoveLine(RemoveLine { line_id: text("menu") }),
        Command::Discard(Discard {}),
    ];
    [to(karoo(), open())].into_iter().chain(commands.map(order))
}

/// The first payment of an invoice is acknowledged.
pub(super) fn acknowledged() -> impl Iterator<Item = Order> {
    let issue = Issue { invoice_id: target(), payment_id: payment(), capture_id: capture() };
    let id = receipt_id(payment(), &capture());
    overpaid_and_charged_back().chain([to(id, ReceiptCommand::Issue(issue))])
}
