//! Orders given twice, as people and networks do, and what they come to.

use crate::kernel::Aggregate;

use super::{
    behaviour::{Given, Outcome},
    show,
};

impl<A: Aggregate> Given<A> {
    /// Gives an order, and then the same order again: what was decided must be
    /// already so, what was refused be refused for the same reason.
    ///
    /// # Panics
    /// When the repeated order comes to anything else.
    #[must_use = "an order without an expectation proves nothing"]
    #[track_caller]
    pub fn insisting_on(self, command: impl Into<A::Command>) -> Outcome<A> {
        let command = command.into();
        let first = self.when(command.clone());
        let again = first.clone().and_when(command);
        match (first.decided(), again.decided()) {
            (Ok(_), Ok([])) => {}
            (Err(first), Err(again)) if first == again => {}
            (first, again) => show::fail(&format!(
                "an order came to {first:?}, but when it was repeated to {again:?}"
            )),
        }
        first
    }
}

/// What an order came to, as a simple model would put it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameTo {
    /// Something new.
    Executed,
    /// Nothing, as it was already so.
    AlreadyApplied,
    /// A refusal.
    Refused,
}

impl<A: Aggregate> Outcome<A> {
    /// What the order came to.
    #[must_use]
    pub fn came_to(&self) -> CameTo {
        match self.decided() {
            Ok([]) => CameTo::AlreadyApplied,
            Ok(_) => CameTo::Executed,
            Err(_) => CameTo::Refused,
        }
    }
}
