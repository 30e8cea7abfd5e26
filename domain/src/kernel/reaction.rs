//! Reactions: what an event calls for next.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ulid::Ulid;

use super::{Aggregate, Id, Recorded, Timestamp};

/// A duty that follows from the events of one aggregate.
///
/// Stateless: whatever needs a memory is an aggregate. The commands it asks
/// for get ids that derive from the event, so that no crash, restart or replay
/// makes them happen twice.
pub trait Reaction: 'static {
    /// The name in the log and in metrics: a duty, `kebab-case`.
    const NAME: &'static str;
    /// Whose events it answers.
    type Source: Aggregate;

    /// What the event calls for.
    fn react(event: &Recorded<Self::Source>) -> Vec<Intent>;
}

/// Something a reaction asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    /// Give an order now.
    Dispatch(Dispatch),
    /// Give an order at a later time, unless the timer is cancelled first. A
    /// timer that is set again moves.
    Schedule {
        /// Which timer.
        timer: Timer,
        /// When.
        due: Timestamp,
        /// The order.
        dispatch: Dispatch,
    },
    /// Forget a timer. Without effect if it has run or was never set.
    Cancel(Timer),
}

impl Intent {
    /// To give an order to one `A` now.
    #[must_use]
    pub fn dispatch<A: Aggregate>(id: Id<A>, command: &A::Command) -> Self {
        Self::Dispatch(Dispatch::to(id, command))
    }

    /// To give an order to one `A` when it is due, unless the timer is
    /// cancelled first.
    #[must_use]
    pub fn schedule<A: Aggregate>(
        timer: Timer,
        due: Timestamp,
        id: Id<A>,
        command: &A::Command,
    ) -> Self {
        Self::Schedule { timer, due, dispatch: Dispatch::to(id, command) }
    }
}

/// The name of a timer, unique for the aggregate it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// The aggregate.
    pub stream_id: Ulid,
    /// What it is for: `overdue`.
    pub name: String,
}

impl Timer {
    /// The timer of an aggregate for one purpose.
    #[must_use]
    pub fn of<A: Aggregate>(id: Id<A>, name: &str) -> Self {
        Self { stream_id: id.ulid(), name: name.to_owned() }
    }
}

/// An order to an aggregate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dispatch {
    /// The aggregate's type.
    pub aggregate: String,
    /// Which one.
    pub id: Ulid,
    /// The command as an externally tagged JSON value.
    pub command: Value,
}

impl Dispatch {
    /// An order to one `A`.
    #[must_use]
    pub fn to<A: Aggregate>(id: Id<A>, command: &A::Command) -> Self {
        Self {
            aggregate: A::TYPE.to_owned(),
            id: id.ulid(),
            // Commands are plain data with string keys, which JSON always takes.
            command: serde_json::to_value(command).unwrap_or_default(),
        }
    }
}

impl From<Dispatch> for Intent {
    fn from(dispatch: Dispatch) -> Self {
        Self::Dispatch(dispatch)
    }
}
