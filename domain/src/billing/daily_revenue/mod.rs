//! What was billed, let off, given up and collected on each day.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    billing::{Invoice, invoice::InvoiceEvent as Event},
    kernel::{Currency, Date, Folds, Keys, ReadModel, Recorded, Slot},
};

/// All days on which something was billed or settled.
pub struct DailyRevenue;

/// One day in one currency. What is let off later counts on its own day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DailyRevenueRow {
    /// The day.
    pub day: Date,
    /// The currency of every amount.
    pub currency: Currency,
    /// How many invoices were issued.
    pub invoices_issued: i64,
    /// What they came to before tax.
    pub billed_net_minor: i64,
    /// The tax on them.
    pub billed_tax_minor: i64,
    /// How many invoices were declared void.
    pub invoices_voided: i64,
    /// What those had come to before tax.
    pub voided_net_minor: i64,
    /// The tax on those.
    pub voided_tax_minor: i64,
    /// What was credited before tax.
    pub credited_net_minor: i64,
    /// The tax on it.
    pub credited_tax_minor: i64,
    /// What was given up, with tax.
    pub written_off_minor: i64,
    /// What payments settled, less what left again.
    pub collected_minor: i64,
}

impl ReadModel for DailyRevenue {
    const NAME: &'static str = "daily_revenue";
    const ROW: &'static str = "revenue_day";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["day", "currency"];
    const INDEXES: &'static [&'static [&'static str]] = &[&["currency", "day"]];

    type Key = (Date, Currency);
    type Row = DailyRevenueRow;
    type Sources = (Invoice,);
}

impl Folds<Invoice> for DailyRevenue {
    fn keys(recorded: &Recorded<Invoice>) -> Keys<Self::Key> {
        let currency = match &recorded.event {
            Event::Issued { total, .. }
            | Event::Credited { total, .. }
            | Event::Voided { total, .. } => total.currency,
            Event::PaymentApplied { amount, .. }
            | Event::PaymentUnapplied { amount, .. }
            | Event::WrittenOff { amount, .. } => amount.currency,
            Event::Drafted { .. }
            | Event::LineAdded { .. }
            | Event::LineRemoved { .. }
            | Event::DiscountApplied { .. }
            | Event::Discarded {}
            | Event::OverpaymentRecorded { .. }
            | Event::OverpaymentReturned { .. }
            | Event::Paid { .. }
            | Event::Reopened { .. }
            | Event::BecameOverdue { .. } => return Keys::None,
        };
        (recorded.envelope.occurred_at.date(), currency).into()
    }

    fn apply(slot: &mut Slot<'_, Self>, recorded: &Recorded<Invoice>) {
        let (day, currency) = *slot.key();
        slot.change_or_start(
            || DailyRevenueRow::empty(day, currency),
            |row| row.book(&recorded.event),
        );
    }
}

impl DailyRevenueRow {
    fn empty(day: Date, currency: Currency) -> Self {
        Self {
            day,
            currency,
            invoices_issued: 0,
            billed_net_minor: 0,
            billed_tax_minor: 0,
            invoices_voided: 0,
            voided_net_minor: 0,
            voided_tax_minor: 0,
            credited_net_minor: 0,
            credited_tax_minor: 0,
            written_off_minor: 0,
            collected_minor: 0,
        }
    }

    fn book(&mut self, event: &Event) {
        match event {
            Event::Issued { net, tax, .. } => {
                self.invoices_issued += 1;
                self.billed_net_minor += net.minor;
                self.billed_tax_minor += tax.minor;
            }
            Event::Voided { net, tax, .. } => {
                self.invoices_voided += 1;
                self.voided_net_minor += net.minor;
                self.voided_tax_minor += tax.minor;
            }
            Event::Credited { net, tax, .. } => {
                self.credited_net_minor += net.minor;
                self.credited_tax_minor += tax.minor;
            }
            Event::WrittenOff { amount, .. } => self.written_off_minor += amount.minor,
            Event::PaymentApplied { amount, .. } => self.collected_minor += amount.minor,
            Event::PaymentUnapplied { amount, .. } => self.collected_minor -= amount.minor,
            Event::Drafted { .. }
            | Event::LineAdded { .. }
            | Event::LineRemoved { .. }
            | Event::DiscountApplied { .. }
            | Event::Discarded {}
            | Event::OverpaymentRecorded { .. }
            | Event::OverpaymentReturned { .. }
            | Event::Paid { .. }
            | Event::Reopened { .. }
            | Event::BecameOverdue { .. } => {}
        }
    }
}
