//! Arbitrary values, drawn from what types say about themselves.
//!
//! The pools are small on purpose: few ids, few words, small numbers, one
//! currency most of the time. Random commands then speak of the same things
//! often enough to lead somewhere. Whatever fails shrinks, towards the first
//! of every pool.

mod integer;
mod schema;
#[cfg(test)]
mod tests;
mod word;

use proptest::{
    strategy::{BoxedStrategy, Just, Strategy, Union, ValueTree},
    test_runner::{Config, RngSeed, TestRunner},
};
use serde_json::{Map, Value};

use crate::kernel::{Aggregate, schema as reflection};

/// How far from the ordinary values may go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// What somebody might order: rarely at the bounds, nothing erased.
    Plausible,
    /// Whatever the type can hold: often at the bounds, personal data erased.
    Wild,
}

/// JSON values that a JSON Schema describes. Definitions it refers to are
/// looked up in itself.
pub fn values(schema: &Value) -> BoxedStrategy<Value> {
    schema::Source::new(schema, Manner::Plausible).values()
}

/// Commands that somebody might give.
pub fn commands<A: Aggregate>() -> BoxedStrategy<A::Command> {
    read(any_of(command_variants::<A>()))
}

/// Events that the type can hold, whether or not anything would lead to them.
pub fn events<A: Aggregate>() -> BoxedStrategy<A::Event> {
    read(any_of(event_variants::<A>(Manner::Wild)))
}

/// The commands of an aggregate, each with its values.
pub(super) fn command_variants<A: Aggregate>() -> Vec<(String, BoxedStrategy<Value>)> {
    strategies(reflection::variants_as_read::<A::Command>(), Manner::Plausible)
}

/// The events of an aggregate, each with its values.
pub(super) fn event_variants<A: Aggregate>(manner: Manner) -> Vec<(String, BoxedStrategy<Value>)> {
    strategies(reflection::variants::<A::Event>(), manner)
}

fn strategies(
    variants: Vec<reflection::Variant>,
    manner: Manner,
) -> Vec<(String, BoxedStrategy<Value>)> {
    variants.into_iter().map(|variant| (variant.name.clone(), strategy(variant, manner))).collect()
}

fn strategy(variant: reflection::Variant, manner: Manner) -> BoxedStrategy<Value> {
    let reflection::Variant { name, schema, .. } = variant;
    if is_unit(&schema) {
        return Just(Value::String(name)).boxed();
    }
    schema::Source::new(&schema, manner)
        .values()
        .prop_map(move |fields| Value::Object(Map::from_iter([(name.clone(), fields)])))
        .boxed()
}

/// A variant without fields says nothing beyond the definitions around it.
fn is_unit(schema: &Value) -> bool {
    schema.as_object().is_none_or(|schema| schema.keys().all(|keyword| keyword == "$defs"))
}

/// One of the variants, each as likely as the others.
pub(super) fn any_of(variants: Vec<(String, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    Union::new(variants.into_iter().map(|(_, values)| values)).boxed()
}

/// So many values at most, the same in every run.
pub(super) fn samples<S: Strategy>(values: &S, most: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::new(steady());
    (0..most).filter_map(|_| Some(values.new_tree(&mut runner).ok()?.current())).collect()
}

/// Chance that falls the same way in every run, unless `PROPTEST_RNG_SEED`
/// asks for another.
pub(super) fn steady() -> Config {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(20_260_115);
    }
    config
}

fn read<T: serde::de::DeserializeOwned + std::fmt::Debug + 'static>(
    values: BoxedStrategy<Value>,
) -> BoxedStrategy<T> {
    values
        .prop_filter_map("does not fit its type", |value| serde_json::from_value(value).ok())
        .boxed()
}
