//! Runs the commands of one aggregate.

use std::{any::Any, sync::Arc};

use async_trait::async_trait;
use domain::kernel::{
    Aggregate, Command, EventCodec, ReferencedState, snapshot_fingerprint, variant_name,
};
use tracing::Instrument;
use ulid::Ulid;

use super::{
    ATTEMPTS, CommandError, Order, Outcome, Receipt, Shared,
    batch::{Left, Overlay, Planned},
    circumstances::{decoded, facts, look_up, record},
    receipts::{first_answer, named, refused, repeated},
    seen::Seen,
    snapshots::{Average, EVENT_NANOS},
};
use crate::{
    AppendError, Appended,
    cqrs::{Became, Done, Failed, Session},
};

/// An executor whose aggregate only it knows.
#[async_trait]
pub(super) trait Execute: Send + Sync {
    async fn execute(&self, shared: &Shared, order: Order) -> Result<Receipt, CommandError>;

    /// The state of an aggregate as another's decision sees it.
    async fn referenced(
        &self,
        shared: &Shared,
        tenant: Ulid,
        id: Ulid,
        fresh: bool,
    ) -> Result<ReferencedState, CommandError>;

    /// Reads a command, for whoever only knows that it is one.
    fn decode(&self, command: &[u8]) -> Result<AnyCommand, CommandError>;

    /// Decides a command of a batch on what the earlier ones leave.
    async fn plan(
        &self,
        shared: &Shared,
        order: &Order,
        command: &AnyCommand,
        overlay: &mut Overlay,
        fresh: bool,
    ) -> Result<Planned, Stop>;

    /// Keeps what a batch left, now that it is stored.
    fn keep_left(&self, shared: &Shared, key: (Ulid, Ulid), left: &Left);
}

/// A command whose type only its executor knows.
pub(super) type AnyCommand = Box<dyn Any + Send + Sync>;

pub(super) struct Executor<A: Aggregate> {
    pub(super) codec: Arc<EventCodec<A>>,
    /// By which a snapshot is known to be of this type as it is now.
    pub(super) fingerprint: [u8; 32],
    /// What loading one event takes.
    pub(super) event_nanos: Average,
}

impl<A: Aggregate> Default for Executor<A> {
    fn default() -> Self {
        Self {
            codec: Arc::new(EventCodec::new()),
            fingerprint: snapshot_fingerprint::<A>(),
            event_nanos: Average::new(EVENT_NANOS),
        }
    }
}

#[async_trait]
impl<A: Aggregate> Execute for Executor<A> {
    async fn execute(&self, shared: &Shared, order: Order) -> Result<Receipt, CommandError> {
        let command: A::Command = decoded(&order.command)?;
        let name = variant_name(&command).unwrap_or_default();
        let span = tracing::info_span!(
            "command",
            otel.name = format!("command.{}.{name}", A::TYPE),
            stream.id = %order.id,
        );
        self.run(shared, order, command).instrument(span).await
    }

    async fn referenced(
        &self,
        shared: &Shared,
        tenant: Ulid,
        id: Ulid,
        fresh: bool,
    ) -> Result<ReferencedState, CommandError> {
        let (version, state) = self.look(shared, (tenant, id), fresh).await?;
        let state = (version > 0).then_some(state as Arc<dyn Any + Send + Sync>);
        Ok(ReferencedState { kind: A::TYPE, id, version, state })
    }

    fn decode(&self, command: &[u8]) -> Result<AnyCommand, CommandError> {
        decoded::<A::Command>(command).map(|command| Box::new(command) as AnyCommand)
    }

    async fn plan(
        &self,
        shared: &Shared,
        order: &Order,
        command: &AnyCommand,
        overlay: &mut Overlay,
        fresh: bool,
    ) -> Result<Planned, Stop> {
        let command = command
            .downcast_ref::<A::Command>()
            .ok_or_else(|| CommandError::Fault("a command of another aggregate".to_owned()))?;
        let seen = if let Some(left) = overlay.take(order.id) {
            left.seen::<A>().ok_or(CommandError::NotFound(A::TYPE))?
        } else {
            // It stays in memory as it is until the batch is stored.
            let key = (order.tenant, order.id);
            let seen = self.load(shared, key, fresh).await?;
            self.keep(shared, key, seen.clone());
            seen
        };
        at_expected(order, &seen)?;
        let turn = Turn { shared, order, overlay, fresh, in_batch: true };
        let decided = self.decide(&turn, seen, command.clone()).await?;
        let Became::Planned(append) = decided.became else {
            return Err(CommandError::Fault("a planned command was appended".to_owned()).into());
        };
        overlay.leave(order.id, Left::of(order.id, decided.seen), &append.claims);
        let events = decided.events.iter().map(|event| named::<A>(event, order.validate_only));
        Ok(Planned { version: decided.version, events: events.collect(), append: *append })
    }

    fn keep_left(&self, shared: &Shared, key: (Ulid, Ulid), left: &Left) {
        if let Some(seen) = left.seen::<A>() {
            self.keep(shared, key, seen);
        }
    }
}

/// Why an attempt ended without a receipt.
#[derive(Debug)]
pub(super) enum Stop {
    /// Somebody was faster: try again on the new state.
    Lost(CommandError),
    /// For good.
    Error(CommandError),
}

impl<E: Into<CommandError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// The circumstances of one attempt at one command.
struct Turn<'a> {
    shared: &'a Shared,
    order: &'a Order,
    /// What earlier commands of the same batch leave.
    overlay: &'a Overlay,
    /// Whether nothing remembered is trusted, since a race was lost.
    fresh: bool,
    in_batch: bool,
}

/// What was decided, and what became of it.
struct Decided<A: Aggregate> {
    seen: Seen<A>,
    version: u64,
    events: Vec<A::Event>,
    became: Became,
}

/// Insists on the version that the order asks for.
fn at_expected<A>(order: &Order, seen: &Seen<A>) -> Result<(), CommandError> {
    match order.expected_version {
        Some(expected) if expected != seen.version => {
            Err(CommandError::Precondition { expected, actual: seen.version })
        }
        _ => Ok(()),
    }
}

fn creates<A: Aggregate>(command: &A::Command) -> bool {
    variant_name(command).is_ok_and(|name| A::Command::CREATE.contains(&name))
}

impl<A: Aggregate> Executor<A> {
    async fn run(
        &self,
        shared: &Shared,
        order: Order,
        command: A::Command,
    ) -> Result<Receipt, CommandError> {
        let _turn = shared.streams.lock((order.tenant, order.id)).await;
        let mut lost = CommandError::Contention(A::TYPE);
        for attempt in 0..ATTEMPTS {
            match self.attempt(shared, &order, command.clone(), attempt > 0).await {
                Ok(receipt) => return Ok(receipt),
                // What is remembered may be older than what is stored.
                Err(Stop::Error(error)) if attempt == 0 && error.depends_on_state() => {}
                Err(Stop::Error(error)) => return first_answer(shared, &order, error).await,
                // The person may still be known to a state that is remembered.
                Err(Stop::Lost(error @ CommandError::Erased(_))) => {
                    shared.cache.forget(order.tenant);
                    if attempt > 0 {
                        return Err(error);
                    }
                }
                Err(Stop::Lost(error)) => {
                    shared.metrics.retried(&error);
                    lost = error;
                }
            }
        }
        Err(lost)
    }

    /// One turn of load, decide, append. After a lost race nothing remembered
    /// is trusted.
    async fn attempt(
        &self,
        shared: &Shared,
        order: &Order,
        command: A::Command,
        fresh: bool,
    ) -> Result<Receipt, Stop> {
        let key = (order.tenant, order.id);
        // What is only validated is not held against the log by an append.
        let fresh = fresh || order.validate_only;
        let seen = if creates::<A>(&command) && !fresh {
            // Most likely there is none yet. Should there be, the append finds
            // out, and the next attempt looks.
            let seen = shared.cache.take(order.tenant, order.id);
            seen.unwrap_or_else(|| Seen::unborn(shared.cache.now()))
        } else {
            self.load(shared, key, fresh).await?
        };
        if let Err(mismatch) = at_expected(order, &seen) {
            self.keep(shared, key, seen);
            return Err(mismatch.into());
        }
        let overlay = Overlay::default();
        let turn = Turn { shared, order, overlay: &overlay, fresh, in_batch: false };
        let decided = self.decide(&turn, seen, command).await?;
        Ok(self.receipt(shared, order, decided).await?)
    }

    /// Decides a command on a state, and appends what is decided unless it is
    /// one of several or only to be validated.
    async fn decide(
        &self,
        turn: &Turn<'_>,
        seen: Seen<A>,
        command: A::Command,
    ) -> Result<Decided<A>, Stop> {
        let Turn { shared, order, in_batch, .. } = *turn;
        if seen.version == 0 && !creates::<A>(&command) {
            return Err(CommandError::NotFound(A::TYPE).into());
        }
        let mut facts = facts(order);
        let references = seen.state.references(&command, &facts);
        // A batch has its series already.
        let series = references.series.iter().filter(|_| !in_batch);
        let _series = shared.series.lock_all(series.map(|name| (order.tenant, name))).await;
        facts.referenced =
            look_up(shared, order.tenant, references, turn.overlay, turn.fresh).await?;
        let states = facts.referenced.states.iter();
        let session = Session {
            log: &shared.log,
            codec: &self.codec,
            tenant: order.tenant,
            stream: order.id,
            command: record(order),
            references: states.map(|state| (state.id, state.version)).collect(),
            plan_only: in_batch || order.validate_only,
        };
        // Who lost once may lose again: what was read is worth a copy then.
        let copy = (turn.fresh && !in_batch).then(|| seen.clone());
        let (before, mut about) = seen.apart();
        let key = (order.tenant, order.id);
        match session.execute(before, command, facts).await {
            Ok(Done { loaded, events, last_event, bytes, became }) => {
                about.moved_on(events.len(), bytes, last_event);
                let version = loaded.version;
                Ok(Decided { seen: Seen::again(loaded, about), version, events, became })
            }
            Err(Failed::Refused(rejection, before)) => {
                if !in_batch {
                    self.keep(shared, key, Seen::again(before, about));
                }
                Err(Stop::Error(refused::<A>(&rejection)))
            }
            Err(Failed::Append(error)) => {
                if let Some(seen) = copy {
                    self.keep(shared, key, seen);
                }
                Err(lost_or_over(order.expected_version, error))
            }
        }
    }

    async fn receipt(
        &self,
        shared: &Shared,
        order: &Order,
        decided: Decided<A>,
    ) -> Result<Receipt, CommandError> {
        let Decided { seen, version, events, became } = decided;
        let named = |fields| events.iter().map(|event| named::<A>(event, fields)).collect();
        let id = order.id;
        let appended = match became {
            Became::Planned(_) => {
                let position = shared.log.head(order.tenant).await?;
                let (outcome, events) = (Outcome::Validated, named(true));
                return Ok(Receipt { id, outcome, version, position, events });
            }
            Became::Appended(first @ Appended { duplicate: true, .. }) => {
                return repeated(&*shared.log, order.tenant, id, first).await;
            }
            Became::Appended(appended) => appended,
        };
        self.keep(shared, (order.tenant, id), seen);
        let outcome = if events.is_empty() { Outcome::AlreadyApplied } else { Outcome::Executed };
        let (version, position) = (appended.version, appended.last_position);
        Ok(Receipt { id, outcome, version, position, events: named(false) })
    }
}

/// What a lost append means for the command.
pub(super) fn lost_or_over(expected_version: Option<u64>, error: AppendError) -> Stop {
    match (error, expected_version) {
        (AppendError::Conflict { actual, .. }, Some(expected)) => {
            Stop::Error(CommandError::Precondition { expected, actual })
        }
        (
            error @ (AppendError::Conflict { .. }
            | AppendError::NumberTaken(_)
            | AppendError::ReferenceChanged
            | AppendError::KeyExists(_)
            | AppendError::Erased(_)),
            _,
        ) => Stop::Lost(error.into()),
        (error, _) => Stop::Error(error.into()),
    }
}
