//! A payment: the intent to move money from a payer to us, through a provider
//! that answers late, twice, or not at all.
//!
//! `Created → Authorized → Captured`, or `→ Voided`, `→ Expired`,
//! `→ Conflicted`. Every call to a provider is first requested, which reserves
//! the amount, and then recorded with its outcome; *unknown* is an outcome.
//! However requests interleave, no more is captured than was authorized and
//! no more refunded than was captured. What is captured after its time is
//! recorded as late, to be returned.

mod authorize;
mod capture;
pub mod command;
mod decide;
pub mod event;
pub mod intent;
mod refund;
pub mod rejection;
pub mod state;

#[cfg(test)]
pub(in crate::payments) mod examples;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use crate::kernel::{Aggregate, Facts, Kind, References, Text};

pub use command::PaymentCommand;
pub use event::PaymentEvent;
pub use rejection::PaymentRejection;
pub use state::Payment;

/// What an attempt to authorize is called within its payment.
pub type AttemptId = Text<64>;
/// What a capture is called within its payment.
pub type CaptureId = Text<64>;
/// What a refund is called within its payment.
pub type RefundId = Text<64>;

impl Kind for Payment {
    const TYPE: &'static str = "payment";
    const PREFIX: &'static str = "pay";
}

impl Aggregate for Payment {
    type Command = PaymentCommand;
    type Event = PaymentEvent;
    type Rejection = PaymentRejection;

    fn decide(
        &self,
        command: PaymentCommand,
        facts: &Facts,
    ) -> Result<Vec<PaymentEvent>, PaymentRejection> {
        use PaymentCommand as Command;
        match &command {
            Command::Create(create) => decide::create(self, create, facts),
            Command::Receive(receive) => decide::receive(self, receive, facts),
            Command::RequestAuthorization(request) => authorize::request(self, request),
            Command::RecordAuthorization(record) => authorize::record(self, record),
            Command::RequestCapture(request) => capture::request(self, request),
            Command::RecordCapture(record) => capture::record(self, record),
            Command::RequestRefund(request) => refund::request(self, request),
            Command::RecordRefund(record) => refund::record(self, record),
            Command::Void(void) => decide::void(self, void),
            Command::Expire(expire) => decide::expire(self, expire, facts),
        }
    }

    fn evolve(&mut self, event: &PaymentEvent) {
        state::evolve(self, event);
    }

    fn references(&self, command: &PaymentCommand, _: &Facts) -> References {
        let purpose = match command {
            PaymentCommand::Create(create) => create.purpose,
            PaymentCommand::Receive(receive) => receive.purpose,
            _ => return References::none(),
        };
        match purpose {
            command::Purpose::TopUp(wallet) => References::none().and(wallet),
            // What an invoice makes of the money is for the invoice to say.
            command::Purpose::Invoice(_) => References::none(),
        }
    }
}
