//! Aggregates: what may happen, and what has.

use std::fmt::Debug;

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{Claim, Facts, References};

/// What an [`Id`](super::Id) identifies.
pub trait Kind: 'static {
    /// The name in the log, in routes and in event names: `snake_case`, stored
    /// for ever, never renamed.
    const TYPE: &'static str;
    /// What its identifiers begin with, two to five letters.
    const PREFIX: &'static str;
}

/// A thing with a life of its own and rules that hold at every moment of it.
///
/// The default value is the thing before its first event.
pub trait Aggregate:
    Kind + Default + Clone + Debug + PartialEq + Serialize + DeserializeOwned + JsonSchema + Send + Sync
{
    /// The number of what events mean to the state. Raise it when
    /// [`evolve`](Self::evolve) makes something else of events without the
    /// shape of the state or of an event showing it: states that were put away
    /// before are then folded anew. A test minds it.
    const SNAPSHOT: u32 = 1;

    /// The orders it takes: an externally tagged enum, one variant per command.
    type Command: Command;
    /// The facts of its life: an externally tagged enum of struct variants.
    type Event: Event;
    /// The reasons for which it refuses.
    type Rejection: Rejection;

    /// Decides what a command brings about. No events means that it was
    /// already so, which is a success.
    ///
    /// Pure: the same state, command and facts give the same answer.
    ///
    /// # Errors
    /// The reason for which the command is refused.
    fn decide(
        &self,
        command: Self::Command,
        facts: &Facts,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// Moves the state on. An event is a fact: this may neither refuse nor
    /// panic, whatever came before.
    fn evolve(&mut self, event: &Self::Event);

    /// Which other aggregates of the tenant the decision needs to see, and
    /// which numbered series it draws from. They are loaded before
    /// [`decide`](Self::decide) and must be unchanged when its events are
    /// appended.
    fn references(&self, command: &Self::Command, facts: &Facts) -> References {
        let _ = (command, facts);
        References::none()
    }

    /// Which unique values or numbers of a series an event takes or releases.
    fn claims(event: &Self::Event) -> Vec<Claim> {
        let _ = event;
        vec![]
    }
}

/// What a repeated order comes to: nothing, if it is the same as before, else
/// a refusal.
///
/// # Errors
/// The refusal, when it is not the same.
pub fn already<E, R>(same: bool, otherwise: impl FnOnce() -> R) -> Result<Vec<E>, R> {
    if same { Ok(vec![]) } else { Err(otherwise()) }
}

/// The orders that one aggregate takes.
///
/// An externally tagged enum with `rename_all = "kebab-case"` whose variants
/// each hold one struct with `deny_unknown_fields`; variant names become
/// routes, doc comments become the API's documentation.
pub trait Command:
    Serialize + DeserializeOwned + JsonSchema + Clone + Debug + Send + Sync + 'static
{
    /// The commands, by wire name, that bring an aggregate into being. All
    /// others need one that exists.
    const CREATE: &'static [&'static str];
}

/// The facts of one aggregate's life.
///
/// An externally tagged enum with `rename_all = "snake_case"` whose variants
/// all have named fields. The stored name of a variant is
/// `{aggregate}.{variant}`.
pub trait Event:
    Serialize + DeserializeOwned + JsonSchema + Clone + PartialEq + Debug + Send + Sync + 'static
{
    /// How events stored under earlier shapes become the present one, oldest
    /// first. The schema version of an event is one more than the number of
    /// steps that lead to it.
    const UPCASTS: &'static [Upcast] = &[];
}

/// One step in the history of an event's shape.
#[derive(Debug, Clone, Copy)]
pub struct Upcast {
    /// The variant's name, for example `issued`.
    pub event: &'static str,
    /// Lifts the fields from one schema version to the next.
    pub lift: fn(&mut Map<String, Value>),
}

/// The named reasons for which one aggregate refuses: an externally tagged
/// enum with `rename_all = "SCREAMING_SNAKE_CASE"`. Its stable code on the
/// wire is the aggregate's type and the variant's name, `INVOICE_NOT_A_DRAFT`;
/// the fields of the variant become the details, its `Display` the message.
pub trait Rejection:
    std::error::Error + Serialize + JsonSchema + Clone + PartialEq + Send + Sync + 'static
{
}
