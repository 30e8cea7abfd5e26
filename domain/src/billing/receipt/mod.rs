//! A receipt: the numbered document that says how much of which payment was
//! received for an invoice. It never changes; there is one for each capture,
//! under an id that derives from it.
//!
//! `Issued`

pub mod command;
mod decide;
pub mod event;
pub mod rejection;
pub mod state;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use crate::{
    billing::Invoice,
    kernel::{Aggregate, Claim, Date, Facts, Id, Kind, References},
    payments::{CaptureId, Payment},
};

pub use command::ReceiptCommand;
pub use event::ReceiptEvent;
pub use rejection::ReceiptRejection;
pub use state::Receipt;

impl Kind for Receipt {
    const TYPE: &'static str = "receipt";
    const PREFIX: &'static str = "rcp";
}

impl Aggregate for Receipt {
    type Command = ReceiptCommand;
    type Event = ReceiptEvent;
    type Rejection = ReceiptRejection;

    fn decide(
        &self,
        command: ReceiptCommand,
        facts: &Facts,
    ) -> Result<Vec<ReceiptEvent>, ReceiptRejection> {
        match &command {
            ReceiptCommand::Issue(issue) => decide::issue(self, issue, facts),
        }
    }

    fn evolve(&mut self, event: &ReceiptEvent) {
        state::evolve(self, event);
    }

    fn references(&self, command: &ReceiptCommand, facts: &Facts) -> References {
        match command {
            ReceiptCommand::Issue(issue) => References::none()
                .and::<Invoice>(issue.invoice_id)
                .and_series(series(facts.today())),
        }
    }

    fn claims(event: &ReceiptEvent) -> Vec<Claim> {
        match event {
            ReceiptEvent::Issued { issued_on, sequence, .. } => {
                vec![Claim::Number { series: series(*issued_on), number: *sequence }]
            }
        }
    }
}

/// The one id of the receipt for a capture, so that issuing it twice meets
/// itself.
#[must_use]
pub fn receipt_id(payment: Id<Payment>, capture: &CaptureId) -> Id<Receipt> {
    Id::derived(&[&payment.to_string(), capture])
}

/// Numbers start anew every year and have no gaps.
fn series(issued_on: Date) -> String {
    format!("receipt-{}", issued_on.year())
}
