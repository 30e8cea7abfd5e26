//! Every invoice as it stands, for lists, dashboards and whoever chases them.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    billing::{
        Customer, Invoice,
        invoice::{
            InvoiceEvent as Event, bill,
            line::{AppliedDiscount, Line},
        },
    },
    kernel::{Currency, Date, Folds, Id, Keys, ReadModel, Recorded, Slot, Text, Timestamp},
};

/// All invoices.
pub struct Invoices;

/// One invoice: what it comes to, how it was settled, and what is due.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceRow {
    /// The invoice.
    pub id: Id<Invoice>,
    /// The number, as printed, once it is issued.
    pub number: Option<Text<24>>,
    /// Who owes it.
    pub customer_id: Id<Customer>,
    /// How far it has come.
    pub status: InvoiceStatus,
    /// Whether the last day to pay has passed and something is due.
    pub overdue: bool,
    /// The currency of every amount.
    pub currency: Currency,
    /// All lines before tax, after discounts.
    pub net_minor: i64,
    /// All tax.
    pub tax_minor: i64,
    /// What it comes to.
    pub total_minor: i64,
    /// What payments settle.
    pub paid_minor: i64,
    /// What payments brought too much.
    pub overpaid_minor: i64,
    /// What was let off.
    pub credited_minor: i64,
    /// What was given up.
    pub written_off_minor: i64,
    /// What is still to be paid.
    pub due_minor: i64,
    /// The day of issue.
    pub issued_on: Option<Date>,
    /// The last day to pay.
    pub due_on: Option<Date>,
    /// The day it was settled, if it is.
    pub paid_on: Option<Date>,
    /// The lines. The net of each is after all discounts once it is issued.
    pub lines: Vec<Line>,
    /// What is let off the whole.
    pub discounts: Vec<AppliedDiscount>,
    /// When it was drafted.
    pub drafted_at: Timestamp,
}

/// How far an invoice has come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Being put together.
    Draft,
    /// Owed in full.
    Issued,
    /// Settled in part.
    PartiallyPaid,
    /// Settled.
    Paid,
    /// What was due was given up.
    WrittenOff,
    /// Declared void.
    Void,
}

impl ReadModel for Invoices {
    const NAME: &'static str = "invoices";
    const ROW: &'static str = "invoice";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["id"];
    const INDEXES: &'static [&'static [&'static str]] = &[
        &["status", "due_on"],
        &["customer_id", "issued_on"],
        &["issued_on"],
        &["drafted_at"],
        &["number"],
    ];
    const OF_ONE_AGGREGATE: bool = true;

    type Key = Id<Invoice>;
    type Row = InvoiceRow;
    type Sources = (Invoice,);
}

impl Folds<Invoice> for Invoices {
    fn keys(event: &Recorded<Invoice>) -> Keys<Id<Invoice>> {
        event.id.into()
    }

    fn apply(slot: &mut Slot<'_, Self>, recorded: &Recorded<Invoice>) {
        match &recorded.event {
            Event::Drafted { customer_id, currency } => {
                let drafted_at = recorded.envelope.occurred_at;
                slot.put(InvoiceRow::draft(recorded.id, *customer_id, *currency, drafted_at));
            }
            Event::Discarded {} => slot.remove(),
            Event::LineAdded { line } => {
                slot.change(|row| row.preview(|row| row.lines.push(line.clone())));
            }
            Event::LineRemoved { line_id } => {
                slot.change(|row| row.preview(|row| row.lines.retain(|l| l.line_id != *line_id)));
            }
            Event::DiscountApplied { discount } => {
                slot.change(|row| row.preview(|row| row.discounts.push(discount.clone())));
            }
            Event::Issued { .. } => slot.change(|row| row.issue(&recorded.event)),
            Event::PaymentApplied { amount, .. } => {
                slot.change(|row| row.settle(|row| row.paid_minor += amount.minor));
            }
            Event::PaymentUnapplied { amount, .. } => {
                slot.change(|row| row.settle(|row| row.paid_minor -= amount.minor));
            }
            Event::Credited { total, .. } => {
                slot.change(|row| row.settle(|row| row.credited_minor += total.minor));
            }
            Event::WrittenOff { amount, .. } => {
                slot.change(|row| row.settle(|row| row.written_off_minor += amount.minor));
            }
            Event::OverpaymentRecorded { amount, .. } => {
                slot.change(|row| row.overpaid_minor += amount.minor);
            }
            Event::OverpaymentReturned { amount, .. } => {
                slot.change(|row| row.overpaid_minor -= amount.minor);
            }
            Event::BecameOverdue { .. } => slot.change(|row| row.overdue = true),
            Event::Paid { paid_on } => slot.change(|row| {
                row.status = InvoiceStatus::Paid;
                row.paid_on = Some(*paid_on);
                row.overdue = false;
            }),
            Event::Reopened { .. } => slot.change(|row| row.paid_on = None),
            Event::Voided { .. } => slot.change(|row| {
                row.status = InvoiceStatus::Void;
                row.due_minor = 0;
                row.overdue = false;
            }),
        }
    }
}

impl InvoiceRow {
    fn draft(
        id: Id<Invoice>,
        customer_id: Id<Customer>,
        currency: Currency,
        drafted_at: Timestamp,
    ) -> Self {
        Self {
            id,
            number: None,
            customer_id,
            status: InvoiceStatus::Draft,
            overdue: false,
            currency,
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
            drafted_at,
        }
    }

    /// Changes a draft, and shows what it would come to.
    fn preview(&mut self, change: impl FnOnce(&mut Self)) {
        change(self);
        let discounts = self.discounts.iter().map(|applied| applied.discount);
        let bill = bill(&self.lines, discounts, self.currency);
        self.net_minor = bill.net.minor;
        self.tax_minor = bill.tax.minor;
        self.total_minor = bill.total.minor;
    }

    /// Shows what was decided, whatever the preview had shown.
    fn issue(&mut self, event: &Event) {
        let Event::Issued { number, issued_on, due_on, lines, net, tax, total, .. } = event else {
            return;
        };
        self.status = InvoiceStatus::Issued;
        self.number = Some(number.clone());
        self.issued_on = Some(*issued_on);
        self.due_on = Some(*due_on);
        self.net_minor = net.minor;
        self.tax_minor = tax.minor;
        self.total_minor = total.minor;
        self.due_minor = total.minor;
        for (line, billed) in self.lines.iter_mut().zip(lines) {
            line.net = billed.net;
        }
    }

    /// Changes how it was settled, and shows what is due.
    fn settle(&mut self, change: impl FnOnce(&mut Self)) {
        change(self);
        let settled = self.paid_minor + self.credited_minor + self.written_off_minor;
        self.due_minor = self.total_minor - settled;
        self.status = match (self.due_minor, settled) {
            (0, _) if self.written_off_minor > 0 => InvoiceStatus::WrittenOff,
            (0, _) => InvoiceStatus::Paid,
            (_, 0) => InvoiceStatus::Issued,
            _ => InvoiceStatus::PartiallyPaid,
        };
        self.overdue &= self.due_minor != 0;
    }
}
