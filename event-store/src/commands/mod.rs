//! The command path: load, decide, append.

mod batch;
mod cache;
mod circumstances;
mod each;
mod executor;
mod load;
mod locks;
mod metrics;
mod order;
mod receipts;
mod seen;
mod settings;
mod snapshots;
#[cfg(test)]
mod tests;
mod weight;

use std::{collections::BTreeMap, sync::Arc};

use domain::kernel::{Aggregate, Domain, Interpreter, Reaction, ReadModel};
use ulid::Ulid;

pub use batch::{BatchError, Repeat};
pub use order::{CommandError, Order, Outcome, Receipt, ReceiptEvent, request_hash};
pub use settings::CommandSettings;

use crate::Log;
use batch::Whole;
use cache::Cache;
use executor::{Execute, Executor};
use locks::Locks;
use metrics::Metrics;
use snapshots::Snapshots;

/// How often a command is run again after losing a race.
const ATTEMPTS: usize = 8;

/// Runs the commands of all declared aggregates against a log.
pub struct Commands {
    shared: Shared,
}

/// What all executors share.
struct Shared {
    log: Arc<dyn Log>,
    executors: BTreeMap<&'static str, Arc<dyn Execute>>,
    cache: Cache,
    snapshots: Snapshots,
    metrics: Arc<Metrics>,
    /// Commands of one stream, and of one series, queue here instead of
    /// losing to each other in the log.
    streams: Locks,
    series: Locks,
}

impl Commands {
    /// A command path for everything a domain declares.
    #[must_use]
    pub fn new<D: Domain>(log: Arc<dyn Log>) -> Arc<Self> {
        Self::with::<D>(log, &CommandSettings::default())
    }

    /// The same with settings of one's own.
    #[must_use]
    pub fn with<D: Domain>(log: Arc<dyn Log>, settings: &CommandSettings) -> Arc<Self> {
        let mut executors = Executors::default();
        D::declare(&mut executors);
        Arc::new(Self {
            shared: Shared {
                log,
                executors: executors.0,
                cache: Cache::new(settings),
                snapshots: Snapshots::new(settings),
                metrics: Arc::default(),
                streams: Locks::default(),
                series: Locks::default(),
            },
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
        result.inspect_err(|error| self.shared.metrics.rejected(error))
    }

    /// Runs several commands of one tenant, all or none. Each is decided on
    /// what the earlier ones leave. Their events are stored at consecutive
    /// positions. A race that was lost is run again as with one command.
    ///
    /// With an identity, the orders bear what [`Repeat::identify`] gave them; a
    /// repetition gets the first answers again.
    ///
    /// # Errors
    /// Which of the commands stood in the way, and why. Nothing was stored,
    /// except where the error says that this is not known.
    pub async fn execute_all(
        &self,
        orders: &[Order],
        repeat: Option<Repeat>,
    ) -> Result<Vec<Receipt>, BatchError> {
        let executed = match Whole::read(&self.shared, orders, repeat) {
            Ok(whole) => whole.execute().await,
            Err(unread) => Err(unread),
        };
        executed.inspect_err(|refused| self.shared.metrics.rejected(&refused.error))
    }

    /// Runs several commands of one tenant, each for itself, and answers in
    /// their order. Those of the same aggregate run one after the other, and so
    /// do those that must come `after` another, by their places; the others at
    /// the same time, so many at once at most.
    ///
    /// With an identity, the orders bear what [`Repeat::identify`] gave them;
    /// commands that were executed before get the first answers again, those
    /// that were refused are tried again.
    ///
    /// # Errors
    /// Why none of the commands was tried.
    pub async fn execute_each(
        &self,
        orders: Vec<Order>,
        after: &[(usize, usize)],
        repeat: Option<Repeat>,
        at_once: usize,
    ) -> Result<Vec<Result<Receipt, CommandError>>, CommandError> {
        if let (Some(repeat), Some(first)) = (repeat, orders.first())
            && !first.validate_only
        {
            // The name is taken first, so that no other batch gets it.
            self.shared.log.append(repeat.mark(first)).await?;
        }
        Ok(self.run_lanes(orders, after, at_once).await)
    }

    /// Drops everything that is remembered of a tenant, also what is in use
    /// now: the next command reads it from the log.
    pub fn forget(&self, tenant: Ulid) {
        self.shared.cache.forget(tenant);
    }

    /// The bytes that kept aggregates take, as they are reckoned.
    #[must_use]
    pub fn kept_bytes(&self) -> u64 {
        self.shared.cache.bytes()
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
