//! One type of aggregate in a world: what it may be told, and its lives.

use std::sync::Arc;

use proptest::{
    sample::select,
    strategy::{BoxedStrategy, Strategy},
};
use serde_json::Value;

use crate::kernel::{
    Aggregate, AnyRecorded, Command, EventCodec, Recorded,
    testing::{
        arbitrary::{Manner, any_of, command_variants, event_variants, samples},
        fixed,
    },
};

use super::{
    Invariant,
    life::{Lives, LivesOf, Nature},
};

/// One type of aggregate that takes part.
pub(super) trait Role {
    /// Its type.
    fn kind(&self) -> &'static str;
    /// What its ids begin with.
    fn prefix(&self) -> &'static str;
    /// Whether it is what the laws are about.
    fn matters(&self) -> bool;
    /// The names of its events.
    fn events(&self) -> Vec<String>;
    /// Commands that somebody might give it, each beside one that brings it into
    /// being.
    fn commands(&self) -> BoxedStrategy<(Value, Value)>;
    /// Its lives in a new world.
    fn lives(&self) -> Box<dyn Lives>;
    /// A few events of a name as they might be.
    fn imagine(&self, event: &str) -> Vec<AnyRecorded>;
}

/// An `A` that takes part.
pub(super) struct RoleOf<A: Aggregate> {
    nature: Arc<Nature<A>>,
    matters: bool,
}

impl<A: Aggregate> RoleOf<A> {
    /// Takes part to be looked at, or else because others refer to it.
    pub(super) fn new(invariant: Option<Invariant<A>>, matters: bool) -> Self {
        Self { nature: Arc::new(Nature { codec: EventCodec::new(), invariant }), matters }
    }
}

impl<A: Aggregate> Role for RoleOf<A> {
    fn kind(&self) -> &'static str {
        A::TYPE
    }
    fn prefix(&self) -> &'static str {
        A::PREFIX
    }
    fn matters(&self) -> bool {
        self.matters
    }
    fn events(&self) -> Vec<String> {
        self.nature.codec.shapes().map(|(name, _)| name.to_owned()).collect()
    }
    fn commands(&self) -> BoxedStrategy<(Value, Value)> {
        let all: Vec<(String, BoxedStrategy<Value>)> = command_variants::<A>()
            .into_iter()
            .map(|(name, values)| (name, select(pool(&values)).boxed()))
            .collect();
        let creates = |(name, _): &&(String, _)| A::Command::CREATE.contains(&name.as_str());
        let first: Vec<_> = all.iter().filter(creates).cloned().collect();
        let first = if first.is_empty() { all.clone() } else { first };
        (any_of(all), any_of(first)).boxed()
    }
    fn lives(&self) -> Box<dyn Lives> {
        Box::new(LivesOf::new(Arc::clone(&self.nature)))
    }
    fn imagine(&self, event: &str) -> Vec<AnyRecorded> {
        let values = event_variants::<A>(Manner::Plausible);
        let values = values.into_iter().find(|(name, _)| name == event);
        let events = values.into_iter().flat_map(|(_, values)| samples(&values, 8));
        events
            .filter_map(|value| serde_json::from_value(value).ok())
            .map(|event| {
                let envelope = fixed::envelope(A::TYPE, fixed::target::<A>().ulid(), 1, 1);
                AnyRecorded::new(Recorded::<A> { id: fixed::target(), event, envelope })
            })
            .collect()
    }
}

/// How many different ways there are to give one command.
const POOL: usize = 64;

/// Commands to choose from, the plainest first, as failures shrink that way.
/// Drawing each of thousands anew would take longer than all the laws.
fn pool(values: &BoxedStrategy<Value>) -> Vec<Value> {
    let mut pool = samples(values, POOL);
    pool.sort_by_cached_key(|value| {
        let text = value.to_string();
        (text.len(), text)
    });
    pool.dedup();
    pool
}
