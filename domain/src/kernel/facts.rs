//! What a decision may know beyond its own state. Plain data: nothing to mock.

use std::{any::Any, fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::{Aggregate, Date, Id, Kind, Timestamp};

/// The circumstances of one command.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Whose log is written.
    pub tenant: Ulid,
    /// Which aggregate is addressed.
    pub target: Ulid,
    /// Who wants it.
    pub actor: Actor,
    /// When it was asked for.
    pub now: Timestamp,
    /// The command's identity, the same when it is repeated.
    pub command_id: Ulid,
    /// What everything that belongs together shares.
    pub correlation_id: Ulid,
    /// The event that caused the command, unless somebody asked for it.
    pub causation_id: Option<Ulid>,
    /// Why, in the words of whoever asked.
    pub reason: Option<String>,
    /// The other aggregates and series that the command refers to.
    pub referenced: Referenced,
}

impl Facts {
    /// The civil date of `now` in UTC.
    #[must_use]
    pub fn today(&self) -> Date {
        self.now.date()
    }

    /// The id of the addressed aggregate, typed by the one who knows its type.
    #[must_use]
    pub fn target<K: Kind>(&self) -> Id<K> {
        Id::new(self.target)
    }

    /// The state of a referenced aggregate, if it exists.
    #[must_use]
    pub fn state<A: Aggregate>(&self, id: Id<A>) -> Option<&A> {
        self.referenced
            .states
            .iter()
            .find(|state| state.kind == A::TYPE && state.id == id.ulid())
            .and_then(|state| state.state.as_deref()?.downcast_ref())
    }

    /// The next number of a referenced series; series start at 1.
    #[must_use]
    pub fn next_number(&self, series: &str) -> u64 {
        self.referenced
            .series
            .iter()
            .find(|(name, _)| name == series)
            .map_or(1, |(_, last)| last.saturating_add(1))
    }
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// The actor's own id: a user's, a key's, or a reaction's name.
    pub id: String,
    /// The roles it holds in the tenant.
    pub roles: Vec<String>,
    /// Who is behind the actor, when somebody acts in another's name.
    pub impersonator: Option<String>,
}

/// Kinds of actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person.
    User,
    /// A program with a key of its own.
    ApiKey,
    /// Tenantry itself: a reaction, a timer, the demo data.
    System,
}

impl ActorKind {
    /// The name in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ApiKey => "api_key",
            Self::System => "system",
        }
    }
}

impl Actor {
    /// A part of the system that acts by itself.
    #[must_use]
    pub fn system(name: &str) -> Self {
        Self { kind: ActorKind::System, id: name.to_owned(), roles: vec![], impersonator: None }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.id)
    }
}

/// What a command needs to see before it is decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Aggregates, by type and id.
    pub aggregates: Vec<(&'static str, Ulid)>,
    /// Numbered series, by name.
    pub series: Vec<String>,
}

impl References {
    /// Nothing but its own state.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds an aggregate.
    #[must_use]
    pub fn and<A: Aggregate>(mut self, id: Id<A>) -> Self {
        self.aggregates.push((A::TYPE, id.ulid()));
        self
    }

    /// Adds a numbered series.
    #[must_use]
    pub fn and_series(mut self, name: impl Into<String>) -> Self {
        self.series.push(name.into());
        self
    }

    /// Whether there is nothing to load.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.aggregates.is_empty() && self.series.is_empty()
    }
}

/// What was found for the [`References`] of a command.
#[derive(Clone, Debug, Default)]
pub struct Referenced {
    /// The states of the referenced aggregates.
    pub states: Vec<ReferencedState>,
    /// The last number taken from each series.
    pub series: Vec<(String, u64)>,
}

/// One referenced aggregate as it was found.
#[derive(Clone)]
pub struct ReferencedState {
    /// The aggregate's type.
    pub kind: &'static str,
    /// Which one.
    pub id: Ulid,
    /// The version it was found at; 0 when there is none.
    pub version: u64,
    /// Its state, unless there is none.
    pub state: Option<Arc<dyn Any + Send + Sync>>,
}

impl fmt::Debug for ReferencedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at version {}", self.kind, self.id, self.version)
    }
}
