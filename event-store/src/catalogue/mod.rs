//! The catalogue of events: what may be found in the log, for whoever reads it
//! from outside.
//!
//! Events travel as [CloudEvents 1.0](https://cloudevents.io): the envelope as
//! attributes, the fields as data. Everything here is derived from the
//! declarations alone, in their order, so that it can be committed and
//! compared.

mod asyncapi;
mod envelope;
mod fields;
mod schema;
#[cfg(test)]
mod tests;

use domain::kernel::{AggregateEntry, EventEntry, Registry};

pub use asyncapi::asyncapi;
pub use fields::{Field, Shape, Type, fields};
pub use schema::event_schema;

/// An event and whose it is.
#[derive(Clone, Copy)]
pub struct Listed<'a> {
    /// The aggregate.
    pub aggregate: &'a AggregateEntry,
    /// The event.
    pub event: &'a EventEntry,
}

impl Listed<'_> {
    /// The name in the log: `loan.lent`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{}", self.aggregate.name, self.event.name)
    }

    /// Whether this is what a reader means by a name: the name in the log, that
    /// of the event, of its aggregate or of its context.
    fn is_called(&self, name: &str) -> bool {
        let Self { aggregate, event } = self;
        [aggregate.context, aggregate.name, event.name.as_str()].contains(&name)
            || self.name() == name
    }
}

/// All events, or those of a name: of an event, an aggregate or a context, or,
/// when nothing has that name, those whose names contain it.
#[must_use]
pub fn events<'a>(registry: &'a Registry, name: Option<&str>) -> Vec<Listed<'a>> {
    let all = registry.aggregates().iter().flat_map(|aggregate| {
        aggregate.events.iter().map(move |event| Listed { aggregate, event })
    });
    let all: Vec<_> = all.collect();
    let Some(name) = name else { return all };
    let named: Vec<_> = all.iter().copied().filter(|each| each.is_called(name)).collect();
    if named.is_empty() {
        all.into_iter().filter(|each| each.name().contains(name)).collect()
    } else {
        named
    }
}
