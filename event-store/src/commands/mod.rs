//! The command path: load, decide, append.

mod executor;
mod locks;
mod order;

use std::{collections::BTreeMap, sync::Arc};

use domain::kernel::{Aggregate, Domain, Interpreter, Reaction, ReadModel};
use opentelemetry::{KeyValue, metrics::Counter};

pub use order::{CommandError, Order, Outcome, Receipt, ReceiptEvent, request_hash};

use crate::Log;
use executor::{Execute, Executor};
use locks::Locks;

/// Runs the commands of all declared aggregates against a log.
pub struct Commands {
    shared: Shared,
    rejections: Counter<u64>,
}

/// What all executors share.
struct Shared {
    log: Arc<dyn Log>,
    executors: BTreeMap<&'static str, Arc<dyn Execute>>,
    /// Commands of one stream, and of one series, queue here instead of
    /// losing to each other in the log.
    streams: Locks,
    series: Locks,
}

impl Commands {
    /// A command path for everything a domain declares.
    #[must_use]
    pub fn new<D: Domain>(log: Arc<dyn Log>) -> Arc<Self> {
        let mut executors = Executors::default();
        D::declare(&mut executors);
        let rejections = opentelemetry::global::meter("tenantry")
            .u64_counter("command_rejections_total")
            .with_description("Commands that were refused, by the reason.")
            .build();
        Arc::new(Self {
            shared: Shared {
                log,
                executors: executors.0,
                streams: Locks::default(),
                series: Locks::default(),
            },
            rejections,
        })
    }

    /// The log that is written.
    #[must_use]
    pub fn log(&self) -> &Arc<dyn Log> {
        &self.shared.log
    }

    /// Runs a command. When it answers with a receipt, the events are durable.
    ///
    /// A race that was lost is run again on the new state, a few times, unless
    /// the order insists on a version. The same command id gets the first
    /// answer again.
    ///
    /// # Errors
    /// Why the command came to nothing. Nothing was stored, except where the
    /// error says that this is not known.
    pub async fn execute(&self, order: Order) -> Result<Receipt, CommandError> {
        let Some(executor) = self.shared.executors.get(order.aggregate.as_str()) else {
            return Err(CommandError::UnknownAggregate(order.aggregate));
        };
        let result = executor.execute(&self.shared, order).await;
        if let Err(error) = &result {
            self.rejections.add(1, &[KeyValue::new("reason", error.reason().to_owned())]);
        }
        result
    }
}

#[derive(Default)]
struct Executors(BTreeMap<&'static str, Arc<dyn Execute>>);

impl Interpreter for Executors {
    fn enter(&mut self, _: &'static str, _: &'static str) {}
    fn aggregate<A: Aggregate>(&mut self) {
        self.0.insert(A::TYPE, Arc::new(Executor::<A>::default()));
    }
    fn read_model<R: ReadModel>(&mut self) {}
    fn reaction<R: Reaction>(&mut self) {}
}
