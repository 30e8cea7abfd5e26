//! Events as the log gives them back.

use std::{any::Any, sync::Arc};

use serde_json::Value;
use ulid::Ulid;

use super::{Actor, Aggregate, Id, Timestamp, variant_fields, variant_name};

/// An event of an `A` together with what the log knows about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded<A: Aggregate> {
    /// Whose life it belongs to.
    pub id: Id<A>,
    /// What happened.
    pub event: A::Event,
    /// When, where, by whom and why.
    pub envelope: Envelope,
}

/// What the log knows about every event, whatever it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The event's own id.
    pub event_id: Ulid,
    /// Whose log.
    pub tenant: Ulid,
    /// The place in the tenant's log: 1, 2, 3 … without gaps.
    pub position: u64,
    /// The type of the aggregate.
    pub stream_type: Arc<str>,
    /// The aggregate.
    pub stream_id: Ulid,
    /// The place in the aggregate's life: 1, 2, 3 …
    pub version: u64,
    /// When it happened, in the business's eyes.
    pub occurred_at: Timestamp,
    /// When it was written down.
    pub recorded_at: Timestamp,
    /// Who brought it about.
    pub actor: Actor,
    /// By which command.
    pub command_id: Ulid,
    /// What everything that belongs together shares.
    pub correlation_id: Ulid,
    /// The event that caused the command, unless somebody asked for it.
    pub causation_id: Option<Ulid>,
    /// Why, in the words of whoever asked.
    pub reason: Option<String>,
    /// The W3C trace context of the command.
    pub trace_parent: Option<String>,
}

/// A [`Recorded`] whose aggregate only the [`Registry`](super::Registry) knows.
pub struct AnyRecorded(Box<dyn Erased>);

trait Erased: Any + Send + Sync {
    fn envelope(&self) -> &Envelope;
    fn name(&self) -> &'static str;
    fn fields(&self) -> Value;
}

impl<A: Aggregate> Erased for Recorded<A> {
    fn envelope(&self) -> &Envelope {
        &self.envelope
    }
    fn name(&self) -> &'static str {
        variant_name(&self.event).unwrap_or_default()
    }
    fn fields(&self) -> Value {
        variant_fields(&self.event)
    }
}

impl AnyRecorded {
    /// Forgets the type.
    #[must_use]
    pub fn new<A: Aggregate>(recorded: Recorded<A>) -> Self {
        Self(Box::new(recorded))
    }

    /// The typed event, if it is one of an `A`.
    #[must_use]
    pub fn of<A: Aggregate>(&self) -> Option<&Recorded<A>> {
        let erased: &dyn Any = &*self.0;
        erased.downcast_ref()
    }

    /// What the log knows about the event.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        self.0.envelope()
    }

    /// The variant's name, for example `issued`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// The event's fields as JSON, for people and for other systems.
    #[must_use]
    pub fn fields(&self) -> Value {
        self.0.fields()
    }
}
