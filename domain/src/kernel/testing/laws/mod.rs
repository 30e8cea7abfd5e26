//! What holds of every history, not just of the examples somebody thought of.
//!
//! One line in a test instantiates all laws for an aggregate or a read model.
//! Random commands, drawn from the commands' own JSON Schemas, are decided,
//! stored and folded as the store would do it. Where chance alone does not
//! lead deep enough, a story shows the way.
//!
//! Runs are the same every time. `PROPTEST_CASES` asks for more of them and
//! `PROPTEST_RNG_SEED` for others.

mod aggregate;
mod calm;
mod cast;
mod dictionary;
mod histories;
mod life;
mod moves;
mod reach;
mod read_model;
mod register;
mod role;
mod run;
mod snapshot;
#[cfg(test)]
mod tests;
mod view;
mod world;

pub use aggregate::{Aggregate, aggregate};
pub use read_model::{ReadModel, read_model};

use serde_json::Value;
use ulid::Ulid;

use crate::kernel::{self, Actor, Id, testing::fixed};

/// What is true of every state that an aggregate can reach, or how it is not.
pub type Invariant<A> = fn(&A) -> Result<(), String>;

/// An order to one aggregate, as a step of a story.
#[derive(Clone, Debug)]
pub struct Order {
    kind: &'static str,
    id: Ulid,
    command: Value,
    days: u32,
    actor: Actor,
    reason: Option<String>,
}

/// An order to this aggregate.
#[must_use]
pub fn to<A: kernel::Aggregate>(id: Id<A>, command: impl Into<A::Command>) -> Order {
    let command = serde_json::to_value(command.into()).unwrap_or_default();
    let (id, actor) = (id.ulid(), fixed::somebody());
    Order { kind: A::TYPE, id, command, days: 0, actor, reason: None }
}

impl Order {
    /// So many days pass before the order is given.
    #[must_use]
    pub fn after_days(mut self, days: u32) -> Self {
        self.days = days;
        self
    }

    /// Somebody else gives the order.
    #[must_use]
    pub fn by(mut self, actor: Actor) -> Self {
        self.actor = actor;
        self
    }

    /// Whoever gives the order says why.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        self.reason = Some(reason.to_owned());
        self
    }
}

/// Which law is broken, and how it shows.
type Broken = String;
