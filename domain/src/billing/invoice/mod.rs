//! An invoice: what a customer owes for which lines, and how it was settled.
//!
//! `Draft → Issued → Paid`, or `→ Void` while nothing has been settled, or
//! `→ Written off` for what never comes. Payments, credits and write-offs
//! settle what is due; a refund or a chargeback makes it due again. A number
//! is drawn only when the invoice is issued, and from then on its lines stand.
//!
//! One invoice from command to row: [`command`], `decide.rs`, [`event`],
//! [`state`], then the read model [`Invoices`](super::invoices::Invoices).

mod arithmetic;
pub mod command;
mod credit;
mod decide;
pub mod event;
pub mod issued;
pub mod line;
pub mod rejection;
mod settle;
pub mod state;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use crate::{
    billing::Customer,
    kernel::{Aggregate, Claim, Date, Facts, Kind, References},
};

pub use command::InvoiceCommand;
pub use event::InvoiceEvent;
pub use rejection::InvoiceRejection;
pub use state::Invoice;

pub(super) use arithmetic::bill;

impl Kind for Invoice {
    const TYPE: &'static str = "invoice";
    const PREFIX: &'static str = "inv";
}

impl Aggregate for Invoice {
    type Command = InvoiceCommand;
    type Event = InvoiceEvent;
    type Rejection = InvoiceRejection;

    fn decide(
        &self,
        command: InvoiceCommand,
        facts: &Facts,
    ) -> Result<Vec<InvoiceEvent>, InvoiceRejection> {
        match &command {
            InvoiceCommand::Draft(draft) => decide::draft(self, draft, facts),
            InvoiceCommand::AddLine(add) => decide::add_line(self, add),
            InvoiceCommand::RemoveLine(remove) => decide::remove_line(self, remove),
            InvoiceCommand::ApplyDiscount(apply) => decide::apply_discount(self, apply),
            InvoiceCommand::Issue(issue) => decide::issue(self, issue, facts),
            InvoiceCommand::Discard(_) => decide::discard(self),
            InvoiceCommand::ApplyPayment(apply) => settle::apply_payment(self, apply, facts),
            InvoiceCommand::UnapplyPayment(unapply) => settle::unapply_payment(self, unapply),
            InvoiceCommand::Credit(credit) => credit::credit(self, credit, facts),
            InvoiceCommand::MarkOverdue(mark) => settle::mark_overdue(self, mark, facts),
            InvoiceCommand::WriteOff(write_off) => settle::write_off(self, write_off),
            InvoiceCommand::Void(void) => settle::void(self, void),
        }
    }

    fn evolve(&mut self, event: &InvoiceEvent) {
        state::evolve(self, event);
    }

    fn references(&self, command: &InvoiceCommand, facts: &Facts) -> References {
        match (command, self) {
            (InvoiceCommand::Draft(draft), _) => References::none().and(draft.customer_id),
            (InvoiceCommand::Issue(_), Invoice::Draft(draft)) => References::none()
                .and::<Customer>(draft.customer_id)
                .and_series(series(facts.today())),
            (InvoiceCommand::ApplyPayment(apply), _) => References::none().and(apply.payment_id),
            _ => References::none(),
        }
    }

    fn claims(event: &InvoiceEvent) -> Vec<Claim> {
        match event {
            InvoiceEvent::Issued { issued_on, sequence, .. } => {
                vec![Claim::Number { series: series(*issued_on), number: *sequence }]
            }
            _ => vec![],
        }
    }
}

/// Numbers start anew every year and have no gaps.
fn series(issued_on: Date) -> String {
    format!("invoice-{}", issued_on.year())
}
