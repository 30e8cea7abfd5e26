//! The stages of an invoice's life, and what moves it from one to the next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    InvoiceEvent as Event,
    issued::{GivenCredit, IssuedInvoice},
    line::{AppliedDiscount, Line},
};
use crate::{
    billing::Customer,
    kernel::{Currency, Id},
};

/// An invoice in one of the stages of its life.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Invoice {
    /// Nothing has happened yet.
    #[default]
    Unknown,
    /// Being put together.
    Draft(DraftInvoice),
    /// Owed. Whether it is paid follows from what is due.
    Issued(IssuedInvoice),
    /// Issued, and then declared void.
    Void(IssuedInvoice),
    /// Thrown away before it was issued.
    Discarded,
}

/// An invoice that is being put together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DraftInvoice {
    /// Who will owe it.
    pub customer_id: Id<Customer>,
    /// The currency of every amount.
    pub currency: Currency,
    /// The lines so far.
    pub lines: Vec<Line>,
    /// What is let off the whole, in the order it was applied.
    pub discounts: Vec<AppliedDiscount>,
}

/// Moves an invoice on.
pub(super) fn evolve(invoice: &mut Invoice, event: &Event) {
    match event {
        Event::Drafted { customer_id, currency } => {
            let (customer_id, currency) = (*customer_id, *currency);
            let draft = DraftInvoice { customer_id, currency, lines: vec![], discounts: vec![] };
            *invoice = Invoice::Draft(draft);
        }
        Event::LineAdded { line } => invoice.drafted(|draft| draft.lines.push(line.clone())),
        Event::LineRemoved { line_id } => {
            invoice.drafted(|draft| draft.lines.retain(|line| line.line_id != *line_id));
        }
        Event::DiscountApplied { discount } => {
            invoice.drafted(|draft| draft.discounts.push(discount.clone()));
        }
        Event::Discarded {} => *invoice = Invoice::Discarded,
        Event::Issued { .. } => {
            if let Some(issued) = IssuedInvoice::first(event) {
                *invoice = Invoice::Issued(issued);
            }
        }
        Event::PaymentApplied { payment_id, capture_id, amount, .. } => {
            invoice.issued(|issued| issued.apply(*payment_id, capture_id, *amount));
        }
        Event::OverpaymentRecorded { payment_id, capture_id, amount, .. } => {
            invoice.issued(|issued| issued.overpay(*payment_id, capture_id, *amount));
        }
        Event::PaymentUnapplied { payment_id, reversal_id, amount, .. } => {
            invoice.issued(|issued| issued.unapply(*payment_id, reversal_id, *amount));
        }
        Event::OverpaymentReturned { payment_id, reversal_id, amount, .. } => {
            invoice.issued(|issued| issued.give_back(*payment_id, reversal_id, *amount));
        }
        Event::Credited { credit_id, reason, lines, taxes, total, .. } => {
            let credit = GivenCredit {
                credit_id: credit_id.clone(),
                reason: *reason,
                lines: lines.clone(),
                taxes: taxes.clone(),
                total: *total,
            };
            invoice.issued(|issued| issued.credits.push(credit));
        }
        Event::WrittenOff { amount, .. } => {
            invoice.issued(|issued| issued.written_off += *amount);
        }
        Event::BecameOverdue { .. } => invoice.issued(|issued| issued.overdue = true),
        Event::Paid { .. } => invoice.issued(|issued| issued.overdue = false),
        // That something is due again follows from the amounts.
        Event::Reopened { .. } => {}
        Event::Voided { total, .. } => {
            invoice.issued(|issued| issued.voided = *total);
            *invoice = match std::mem::take(invoice) {
                Invoice::Issued(issued) => Invoice::Void(issued),
                other => other,
            };
        }
    }
}

impl Invoice {
    fn drafted(&mut self, change: impl FnOnce(&mut DraftInvoice)) {
        if let Self::Draft(draft) = self {
            change(draft);
        }
    }

    fn issued(&mut self, change: impl FnOnce(&mut IssuedInvoice)) {
        if let Self::Issued(issued) | Self::Void(issued) = self {
            change(issued);
        }
    }
}
