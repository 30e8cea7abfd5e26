//! A customer: somebody a tenant invoices, with one e-mail address that no
//! other open customer has, one currency and agreed payment terms.
//!
//! `Open → Closed`

pub mod command;
mod decide;
pub mod event;
pub mod rejection;
pub mod state;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use crate::kernel::{Aggregate, Claim, Facts, Kind};

pub use command::CustomerCommand;
pub use event::CustomerEvent;
pub use rejection::CustomerRejection;
pub use state::Customer;

impl Kind for Customer {
    const TYPE: &'static str = "customer";
    const PREFIX: &'static str = "cus";
}

impl Aggregate for Customer {
    type Command = CustomerCommand;
    type Event = CustomerEvent;
    type Rejection = CustomerRejection;

    fn decide(
        &self,
        command: CustomerCommand,
        _: &Facts,
    ) -> Result<Vec<CustomerEvent>, CustomerRejection> {
        match command {
            CustomerCommand::Open(open) => decide::open(self, open),
            CustomerCommand::Rename(rename) => decide::rename(self, rename),
            CustomerCommand::ReplaceEmail(replace) => decide::replace_email(self, replace),
            CustomerCommand::AgreeTerms(agree) => decide::agree_terms(self, &agree),
            CustomerCommand::Close(close) => decide::close(self, close),
        }
    }

    fn evolve(&mut self, event: &CustomerEvent) {
        state::evolve(self, event);
    }

    fn claims(event: &CustomerEvent) -> Vec<Claim> {
        const EMAIL: &str = "customer.email";
        let claims = match event {
            CustomerEvent::Opened { email, .. } => [Claim::take_personal(EMAIL, email), None],
            CustomerEvent::EmailReplaced { email, previous } => {
                [Claim::release_personal(EMAIL, previous), Claim::take_personal(EMAIL, email)]
            }
            CustomerEvent::Closed { email, .. } => [Claim::release_personal(EMAIL, email), None],
            CustomerEvent::Renamed { .. } | CustomerEvent::TermsAgreed { .. } => [None, None],
        };
        claims.into_iter().flatten().collect()
    }
}
