//! What an invoice does, by stage of its life.

mod crediting;
mod drafting;
mod ending;
mod issuing;
mod model;
mod paying;

use crate::{
    billing::{
        Invoice, InvoiceCommand as Command, InvoiceEvent as Event,
        examples::{capture, drafted, issued, karoo, opened, payment, received},
        invoice::{
            command::{ReversalReason, UnapplyPayment},
            line::{AppliedDiscount, Discount},
        },
    },
    kernel::testing::{Given, amount, given, text, zar},
};

/// A draft for Karoo Kitchen to which this has happened.
fn a_draft(events: impl IntoIterator<Item = Event>) -> Given<Invoice> {
    given::<Invoice>([drafted()].into_iter().chain(events)).knowing(karoo(), [opened()])
}

fn discounted(discount_id: &str, discount: Discount) -> Event {
    Event::DiscountApplied {
        discount: AppliedDiscount { discount_id: text(discount_id), discount },
    }
}

/// The invoice of R 115.00 to which this has happened.
fn an_invoice(events: impl IntoIterator<Item = Event>) -> Given<Invoice> {
    given::<Invoice>([drafted(), issued()].into_iter().chain(events))
}

/// The same, and somebody has transferred this much for it.
fn with_transfer(minor: i64, events: impl IntoIterator<Item = Event>) -> Given<Invoice> {
    an_invoice(events).knowing(payment(), [received(minor)])
}

fn overpaid(minor: i64) -> Event {
    Event::OverpaymentRecorded {
        payment_id: payment(),
        capture_id: capture(),
        amount: zar(minor),
        customer_id: karoo(),
    }
}

fn unapply(reversal: &str, minor: i64) -> Command {
    Command::UnapplyPayment(UnapplyPayment {
        payment_id: payment(),
        reversal_id: text(reversal),
        amount: amount(minor),
        reason: ReversalReason::Chargeback,
    })
}
