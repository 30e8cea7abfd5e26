//! Several commands of one tenant at once: all or nothing, each on what the
//! earlier ones leave.

use std::{
    any::Any,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use domain::kernel::{Aggregate, Claim, ReferencedState};
use ulid::Ulid;

use super::{
    ATTEMPTS, CommandError, Order, Outcome, Receipt, ReceiptEvent, Shared,
    circumstances::record,
    executor::{AnyCommand, Execute, Stop, lost_or_over},
    receipts::{may_be_repeated, repeated},
    request_hash,
    seen::Seen,
};
use crate::{Append, AppendError, Appended, GroupError};

/// The identity of a batch that its client may send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// The same when the batch is repeated; its commands' ids derive from it.
    pub id: Ulid,
    /// SHA-256 of all that was asked.
    pub request_hash: [u8; 32],
}

impl Repeat {
    /// Gives the order at a place of the batch its identity.
    pub fn identify(&self, place: usize, order: &mut Order) {
        order.command_id = self.derived("command", place);
        order.request_hash = Some(self.request_hash);
    }

    /// The id of what the command at a place brings into being, when its client
    /// names none: the same when the batch is repeated, so that later commands
    /// can refer to it.
    #[must_use]
    pub fn mint(&self, place: usize) -> Ulid {
        self.derived("aggregate", place)
    }

    fn derived(&self, what: &str, place: usize) -> Ulid {
        let place = (place as u64).to_be_bytes();
        // A name that is used again, long after it was forgotten, brings other
        // things into being; a command is known by the name alone.
        let asked = if what == "command" { &[][..] } else { &self.request_hash[..] };
        let digest = request_hash(&[what.as_bytes(), &self.id.to_bytes(), asked, &place]);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(digest.split_at(16).0);
        Ulid::from_bytes(bytes)
    }

    /// An append that records nothing but the batch itself: by it a repetition
    /// is known, and another batch under the same name is refused.
    pub(super) fn mark(&self, order: &Order) -> Append {
        let mut command = record(order);
        command.id = self.id;
        command.request_hash = Some(self.request_hash);
        Append::of(order.tenant, "batch", self.id, command)
    }
}

/// Why nothing of a batch was stored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{error}")]
pub struct BatchError {
    /// The place of the command that it is due to, counted from 0; none when
    /// it is due to the batch as a whole.
    pub index: Option<usize>,
    /// Why.
    pub error: Box<CommandError>,
}

impl BatchError {
    fn at(index: Option<usize>, error: impl Into<CommandError>) -> Self {
        Self { index, error: Box::new(error.into()) }
    }

    fn whole(error: impl Into<CommandError>) -> Self {
        Self::at(None, error)
    }
}

/// A command of a batch as it was decided.
pub(super) struct Planned {
    pub(super) version: u64,
    pub(super) events: Vec<ReceiptEvent>,
    pub(super) append: Append,
}

/// What the commands of a batch leave to those after them.
#[derive(Default)]
pub(super) struct Overlay {
    left: HashMap<Ulid, Left>,
    series: HashMap<String, u64>,
}

/// An aggregate as a batch leaves it.
pub(super) struct Left {
    seen: Arc<dyn Any + Send + Sync>,
    referenced: ReferencedState,
}

impl Left {
    pub(super) fn of<A: Aggregate>(id: Ulid, seen: Seen<A>) -> Self {
        let (kind, version, state) = (A::TYPE, seen.version, seen.state.clone() as _);
        let referenced =
            ReferencedState { kind, id, version, state: (version > 0).then_some(state) };
        Self { seen: Arc::new(seen), referenced }
    }

    /// The state, unless it is another type's.
    pub(super) fn seen<A: Aggregate>(&self) -> Option<Seen<A>> {
        self.seen.downcast_ref::<Seen<A>>().cloned()
    }
}

impl Overlay {
    pub(super) fn take(&mut self, id: Ulid) -> Option<Left> {
        self.left.remove(&id)
    }

    pub(super) fn leave(&mut self, id: Ulid, left: Left, claims: &[Claim]) {
        self.left.insert(id, left);
        for claim in claims {
            if let Claim::Number { series, number } = claim {
                self.series.insert(series.clone(), *number);
            }
        }
    }

    pub(super) fn referenced(&self, id: Ulid) -> Option<&ReferencedState> {
        self.left.get(&id).map(|left| &left.referenced)
    }

    /// The last number of a series, given the one in the log.
    pub(super) fn last_number(&self, series: String, stored: u64) -> (String, u64) {
        let last = self.series.get(&series).copied().unwrap_or(stored);
        (series, last)
    }
}

/// A batch on its way: all or nothing.
pub(super) struct Whole<'a> {
    shared: &'a Shared,
    orders: &'a [Order],
    repeat: Option<Repeat>,
    commands: Vec<(&'a dyn Execute, AnyCommand)>,
    /// The series that its commands drew from so far.
    series: BTreeSet<String>,
}

/// Why an attempt at a batch came to nothing.
enum Ended {
    Lost(BatchError),
    Error(BatchError),
}

impl<'a> Whole<'a> {
    /// Reads all commands before anything is decided.
    pub(super) fn read(
        shared: &'a Shared,
        orders: &'a [Order],
        repeat: Option<Repeat>,
    ) -> Result<Self, BatchError> {
        let read = |order: &'a Order| {
            let executor = shared.executors.get(order.aggregate.as_str());
            let unknown = || CommandError::UnknownAggregate(order.aggregate.clone());
            let executor = executor.ok_or_else(unknown)?.as_ref();
            Ok((executor, executor.decode(&order.command)?))
        };
        let commands = orders.iter().enumerate().map(|(index, order)| {
            read(order).map_err(|error: CommandError| BatchError::at(Some(index), error))
        });
        let commands = commands.collect::<Result<_, _>>()?;
        Ok(Self { shared, orders, repeat, commands, series: BTreeSet::new() })
    }

    /// Decides and appends, anew when a race was lost.
    pub(super) async fn execute(mut self) -> Result<Vec<Receipt>, BatchError> {
        let Some(first) = self.orders.first() else { return Ok(vec![]) };
        let (shared, tenant) = (self.shared, first.tenant);
        let streams = self.orders.iter().map(|order| (tenant, order.id));
        let _turns = shared.streams.lock_all(streams).await;
        let mut over = BatchError::whole(CommandError::Contention("batch"));
        for attempt in 0..ATTEMPTS {
            let series: Vec<String> = self.series.iter().cloned().collect();
            let _series = shared.series.lock_all(series.iter().map(|name| (tenant, name))).await;
            over = match self.attempt(first, attempt > 0).await {
                Ok(receipts) => return Ok(receipts),
                Err(Ended::Lost(lost)) => {
                    shared.metrics.retried(&lost.error);
                    lost
                }
                // What is remembered may be older than what is stored.
                Err(Ended::Error(over)) if attempt == 0 && over.error.depends_on_state() => over,
                Err(Ended::Error(over)) => return self.or_first_answers(first, over).await,
            };
        }
        Err(over)
    }

    async fn attempt(&mut self, first: &Order, fresh: bool) -> Result<Vec<Receipt>, Ended> {
        let mut overlay = Overlay::default();
        let planned = self.plan_all(&mut overlay, fresh).await?;
        if first.validate_only {
            let head = self.shared.log.head(first.tenant).await;
            let position = head.map_err(|error| Ended::Error(BatchError::whole(error)))?;
            let validated = |(order, planned): (&Order, Planned)| {
                let Planned { version, events, .. } = planned;
                Receipt { id: order.id, outcome: Outcome::Validated, version, position, events }
            };
            return Ok(self.orders.iter().zip(planned).map(validated).collect());
        }
        let (events, appends): (Vec<_>, Vec<_>) =
            planned.into_iter().map(|planned| (planned.events, planned.append)).unzip();
        let mark = self.repeat.map(|repeat| repeat.mark(first));
        let marks = usize::from(mark.is_some());
        let group = mark.into_iter().chain(appends).collect();
        let appended = self.shared.log.append_all(group).await;
        let appended = appended.map_err(|refused| self.refused(refused, marks))?;
        if appended.iter().any(|appended| appended.duplicate) {
            return self.repeated(first, appended.into_iter().skip(marks)).await;
        }
        for (order, (executor, _)) in self.orders.iter().zip(&self.commands) {
            if let Some(left) = overlay.take(order.id) {
                executor.keep_left(self.shared, (order.tenant, order.id), &left);
            }
        }
        let appended = appended.into_iter().skip(marks);
        let receipts = self.orders.iter().zip(events).zip(appended);
        Ok(receipts.map(|((order, events), appended)| receipt(order, events, &appended)).collect())
    }

    async fn plan_all(
        &mut self,
        overlay: &mut Overlay,
        fresh: bool,
    ) -> Result<Vec<Planned>, Ended> {
        let mut planned = Vec::with_capacity(self.orders.len());
        for (index, (order, (executor, command))) in
            self.orders.iter().zip(&self.commands).enumerate()
        {
            let due = |error: CommandError| BatchError::at(Some(index), error);
            match executor.plan(self.shared, order, command, overlay, fresh).await {
                Ok(plan) => {
                    self.series.extend(plan.append.claims.iter().filter_map(series_of));
                    planned.push(plan);
                }
                Err(Stop::Lost(error)) => return Err(Ended::Lost(due(error))),
                Err(Stop::Error(error)) => return Err(Ended::Error(due(error))),
            }
        }
        Ok(planned)
    }

    fn refused(&self, refused: GroupError, marks: usize) -> Ended {
        let index = refused.index.checked_sub(marks).filter(|index| *index < self.orders.len());
        // Whether a version that was insisted on is gone, the next attempt
        // tells: what the batch itself adds to a stream, only it knows.
        if matches!(refused.error, AppendError::Erased(_))
            && let Some(first) = self.orders.first()
        {
            self.shared.cache.forget(first.tenant);
        }
        match lost_or_over(None, refused.error) {
            Stop::Lost(error) => Ended::Lost(BatchError::at(index, error)),
            Stop::Error(error) => Ended::Error(BatchError::at(index, error)),
        }
    }

    /// The batch was stored before, by somebody who sent it at the same time.
    async fn repeated(
        &self,
        first: &Order,
        appended: impl Iterator<Item = Appended>,
    ) -> Result<Vec<Receipt>, Ended> {
        let mut receipts = vec![];
        for (order, appended) in self.orders.iter().zip(appended) {
            let receipt = repeated(&*self.shared.log, first.tenant, order.id, appended).await;
            receipts.push(receipt.map_err(|error| Ended::Error(BatchError::whole(error)))?);
        }
        Ok(receipts)
    }

    /// Whoever repeats a batch that was stored gets the first answers again,
    /// whatever it would come to now.
    async fn or_first_answers(
        &self,
        first: &Order,
        over: BatchError,
    ) -> Result<Vec<Receipt>, BatchError> {
        let Some(repeat) = self.repeat else { return Err(over) };
        if first.validate_only || !may_be_repeated(&over.error) {
            return Err(over);
        }
        let log = &*self.shared.log;
        let known = log.outcome(first.tenant, repeat.id).await.map_err(BatchError::whole)?;
        match known {
            None => return Err(over),
            Some((hash, ..)) if hash != repeat.request_hash => {
                return Err(BatchError::whole(CommandError::CommandIdReused));
            }
            Some(_) => {}
        }
        let mut receipts = vec![];
        for order in self.orders {
            let outcome = log.outcome(first.tenant, order.command_id).await;
            // Stored with the batch or not at all.
            let Some((_, id, appended)) = outcome.map_err(BatchError::whole)? else {
                return Err(over);
            };
            let receipt = repeated(log, first.tenant, id, appended).await;
            receipts.push(receipt.map_err(BatchError::whole)?);
        }
        Ok(receipts)
    }
}

fn series_of(claim: &Claim) -> Option<String> {
    match claim {
        Claim::Number { series, .. } => Some(series.clone()),
        Claim::Take { .. } | Claim::Release { .. } => None,
    }
}

fn receipt(order: &Order, events: Vec<ReceiptEvent>, appended: &Appended) -> Receipt {
    let outcome = if events.is_empty() { Outcome::AlreadyApplied } else { Outcome::Executed };
    let (version, position) = (appended.version, appended.last_position);
    Receipt { id: order.id, outcome, version, position, events }
}
