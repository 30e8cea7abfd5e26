//! A tally: it adds up. Whoever applies one of its events twice is found out.

use domain::kernel::{
    Aggregate, Claim, Command, Context, Event, Facts, Interpreter, Kind, Rejection,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What has been counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Tally {
    pub(crate) total: i64,
}

/// Orders to a tally.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TallyCommand {
    Add(Add),
}

/// Adds to a tally.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Add {
    /// How much; nothing changes nothing.
    pub(crate) count: i64,
}

impl Command for TallyCommand {
    const CREATE: &'static [&'static str] = &["add"];
}

/// What happens to a tally.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TallyEvent {
    /// Something was added.
    Added {
        /// How much.
        count: i64,
        /// What the tally stood at, as whoever decided saw it.
        before: i64,
    },
    /// It took a name that no other tally has.
    Named {
        /// The name.
        name: String,
    },
    /// It gave its name away.
    Unnamed {
        /// The name.
        name: String,
    },
}

impl Event for TallyEvent {}

/// Why a tally refuses.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum TallyRejection {
    /// It would fall below nothing.
    #[error("there is not that much")]
    BelowNothing,
}

impl Rejection for TallyRejection {}

impl Kind for Tally {
    const TYPE: &'static str = "tally";
    const PREFIX: &'static str = "tly";
}

impl Aggregate for Tally {
    type Command = TallyCommand;
    type Event = TallyEvent;
    type Rejection = TallyRejection;

    fn decide(
        &self,
        TallyCommand::Add(Add { count }): TallyCommand,
        _: &Facts,
    ) -> Result<Vec<TallyEvent>, TallyRejection> {
        match count {
            0 => Ok(vec![]),
            _ if self.total + count < 0 => Err(TallyRejection::BelowNothing),
            _ => Ok(vec![TallyEvent::Added { count, before: self.total }]),
        }
    }

    fn evolve(&mut self, event: &TallyEvent) {
        if let TallyEvent::Added { count, .. } = event {
            self.total += count;
        }
    }

    fn claims(event: &TallyEvent) -> Vec<Claim> {
        match event {
            TallyEvent::Added { .. } => vec![],
            TallyEvent::Named { name } => vec![Claim::take("tally.name", name.clone())],
            TallyEvent::Unnamed { name } => vec![Claim::release("tally.name", name.clone())],
        }
    }
}

/// The context of tallies.
pub(crate) struct Counting;

impl Context for Counting {
    const NAME: &'static str = "counting";
    const DOC: &'static str = "Adds up.";

    fn declare(to: &mut impl Interpreter) {
        to.aggregate::<Tally>();
    }
}
