//! Runs the commands of one aggregate.

use std::{any::Any, sync::Arc};

use async_trait::async_trait;
use domain::kernel::{
    Aggregate, Command, EventCodec, Facts, Referenced, ReferencedState, References, rejection_code,
    variant_fields, variant_name,
};
use moka::sync::Cache;
use tracing::Instrument;
use ulid::Ulid;

use super::{CommandError, Order, Outcome, Receipt, ReceiptEvent, Shared};
use crate::{
    AppendError, Appended, CommandRecord, Log,
    cqrs::{Done, Failed, Loaded, Session},
};

/// An executor whose aggregate only it knows.
#[async_trait]
pub(super) trait Execute: Send + Sync {
    async fn execute(&self, shared: &Shared, order: Order) -> Result<Receipt, CommandError>;

    /// The state of an aggregate as another's decision sees it.
    async fn referenced(
        &self,
        log: &dyn Log,
        tenant: Ulid,
        id: Ulid,
        fresh: bool,
    ) -> Result<ReferencedState, CommandError>;
}

/// How often a command is run again after losing a race.
const ATTEMPTS: usize = 8;
/// Events read at once when a stream is loaded.
const PAGE: usize = 1_000;
/// Aggregates of one type that are kept in memory.
const KEPT: u64 = 10_000;

pub(super) struct Executor<A: Aggregate> {
    codec: Arc<EventCodec<A>>,
    /// States as they were last seen: a place to start from, never the truth.
    /// The append checks the version.
    seen: Cache<(Ulid, Ulid), Arc<Loaded<A>>>,
}

impl<A: Aggregate> Default for Executor<A> {
    fn default() -> Self {
        Self { codec: Arc::new(EventCodec::new()), seen: Cache::new(KEPT) }
    }
}

#[async_trait]
impl<A: Aggregate> Execute for Executor<A> {
    async fn execute(&self, shared: &Shared, order: Order) -> Result<Receipt, CommandError> {
        let command: A::Command = decode(&order.command)?;
        let name = variant_name(&command).unwrap_or_default();
        let span = tracing::info_span!(
            "command",
            otel.name = format!("command.{}.{name}", A::TYPE),
            stream.id = %order.id,
        );
        self.run(shared, order, command, A::Command::CREATE.contains(&name)).instrument(span).await
    }

    async fn referenced(
        &self,
        log: &dyn Log,
        tenant: Ulid,
        id: Ulid,
        fresh: bool,
    ) -> Result<ReferencedState, CommandError> {
        let loaded = self.load(log, tenant, id, fresh).await?;
        let version = loaded.version;
        let state =
            (version > 0).then(|| Arc::new(loaded.state.clone()) as Arc<dyn Any + Send + Sync>);
        self.seen.insert((tenant, id), loaded);
        Ok(ReferencedState { kind: A::TYPE, id, version, state })
    }
}

/// Why an attempt ended without a receipt.
enum Stop {
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

impl<A: Aggregate> Executor<A> {
    async fn run(
        &self,
        shared: &Shared,
        order: Order,
        command: A::Command,
        creates: bool,
    ) -> Result<Receipt, CommandError> {
        let _turn = shared.streams.lock((order.tenant, order.id)).await;
        let mut lost = CommandError::Contention(A::TYPE);
        for attempt in 0..ATTEMPTS {
            match self.attempt(shared, &order, command.clone(), creates, attempt > 0).await {
                Ok(receipt) => return Ok(receipt),
                Err(Stop::Error(error)) => {
                    return self.or_first_answer(shared, &order, error).await;
                }
                Err(Stop::Lost(error)) => lost = error,
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
        creates: bool,
        fresh: bool,
    ) -> Result<Receipt, Stop> {
        let log = &shared.log;
        let mut loaded = if creates && !fresh && !order.validate_only {
            // Most likely there is none yet. Should there be, the append finds
            // out, and the next attempt looks.
            self.seen.remove(&(order.tenant, order.id)).unwrap_or_default()
        } else {
            self.load(&**log, order.tenant, order.id, fresh).await?
        };
        if let Some(expected) = order.expected_version {
            if expected != loaded.version && !fresh {
                loaded = self.catch_up(&**log, order.tenant, order.id, loaded).await?;
            }
            if expected != loaded.version {
                let actual = loaded.version;
                self.seen.insert((order.tenant, order.id), loaded);
                return Err(CommandError::Precondition { expected, actual }.into());
            }
        }
        if loaded.version == 0 && !creates {
            return Err(CommandError::NotFound(A::TYPE).into());
        }
        let mut facts = facts(order);
        let references = loaded.state.references(&command, &facts);
        let _series =
            shared.series.lock_all(references.series.iter().map(|name| (order.tenant, name))).await;
        facts.referenced = look_up(shared, order.tenant, references, fresh).await?;
        let session = Session {
            log,
            codec: &self.codec,
            tenant: order.tenant,
            stream: order.id,
            command: record(order),
            references: facts
                .referenced
                .states
                .iter()
                .map(|state| (state.id, state.version))
                .collect(),
            validate_only: order.validate_only,
        };
        let before = Arc::unwrap_or_clone(loaded);
        match session.execute(before, command, facts).await {
            Ok(done) => self.receipt(&**log, order, done).await.map_err(Stop::Error),
            Err(Failed::Refused(rejection, before)) => {
                self.seen.insert((order.tenant, order.id), Arc::new(before));
                Err(Stop::Error(refused::<A>(&rejection)))
            }
            Err(Failed::Append(error)) => Err(lost_or_over(order, error)),
        }
    }

    /// Takes a state out of memory, or reads it from the log.
    async fn load(
        &self,
        log: &dyn Log,
        tenant: Ulid,
        id: Ulid,
        fresh: bool,
    ) -> Result<Arc<Loaded<A>>, CommandError> {
        match self.seen.remove(&(tenant, id)) {
            Some(loaded) if !fresh => Ok(loaded),
            seen => self.catch_up(log, tenant, id, seen.unwrap_or_default()).await,
        }
    }

    /// Folds in what the log has after the version of a state.
    async fn catch_up(
        &self,
        log: &dyn Log,
        tenant: Ulid,
        id: Ulid,
        loaded: Arc<Loaded<A>>,
    ) -> Result<Arc<Loaded<A>>, CommandError> {
        let mut loaded = Arc::unwrap_or_clone(loaded);
        loop {
            let page = log.read_stream(tenant, id, loaded.version, PAGE).await?;
            for stored in &page {
                // An id of another type with the same ULID: not one of ours.
                if &*stored.envelope.stream_type != A::TYPE {
                    return Err(CommandError::NotFound(A::TYPE));
                }
                let event = self
                    .codec
                    .decode(&stored.name, stored.schema_version, &stored.payload)
                    .map_err(|error| CommandError::Fault(error.to_string()))?;
                loaded.state.evolve(&event);
                loaded.version = stored.envelope.version;
            }
            if page.len() < PAGE {
                return Ok(Arc::new(loaded));
            }
        }
    }

    async fn receipt(
        &self,
        log: &dyn Log,
        order: &Order,
        done: Done<A>,
    ) -> Result<Receipt, CommandError> {
        let Done { loaded, events, appended } = done;
        let Some(appended) = appended else {
            let events = events.iter().map(|event| named::<A>(event, true)).collect();
            let outcome = Outcome::Validated;
            let (version, position) = (loaded.version, log.head(order.tenant).await?);
            return Ok(Receipt { id: order.id, outcome, version, position, events });
        };
        if appended.duplicate {
            return repeated(log, order, appended).await;
        }
        self.seen.insert((order.tenant, order.id), Arc::new(loaded));
        let outcome = if events.is_empty() { Outcome::AlreadyApplied } else { Outcome::Executed };
        Ok(Receipt {
            id: order.id,
            outcome,
            version: appended.version,
            position: appended.last_position,
            events: events.iter().map(|event| named::<A>(event, false)).collect(),
        })
    }

    /// A command that was executed before may be refused on the state it left
    /// behind: whoever repeats it gets the first answer all the same.
    async fn or_first_answer(
        &self,
        shared: &Shared,
        order: &Order,
        error: CommandError,
    ) -> Result<Receipt, CommandError> {
        let settled = matches!(
            error,
            CommandError::Refused { .. }
                | CommandError::Precondition { .. }
                | CommandError::ClaimTaken { .. }
        );
        if !settled || order.validate_only || order.request_hash.is_none() {
            return Err(error);
        }
        match shared.log.outcome(order.tenant, order.command_id).await? {
            Some((hash, stream, appended))
                if Some(hash) == order.request_hash && stream == order.id =>
            {
                repeated(&*shared.log, order, appended).await
            }
            Some(_) => Err(CommandError::CommandIdReused),
            None => Err(error),
        }
    }
}

fn decode<C: Command>(json: &[u8]) -> Result<C, CommandError> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        // The first step of the path is the command itself.
        let field = path.split_once('.').map_or("", |(_, field)| field).to_owned();
        CommandError::Invalid { field, message: error.into_inner().to_string() }
    })
}

fn facts(order: &Order) -> Facts {
    Facts {
        tenant: order.tenant,
        target: order.id,
        actor: order.actor.clone(),
        now: order.now,
        command_id: order.command_id,
        correlation_id: order.correlation_id,
        causation_id: order.causation_id,
        reason: order.reason.clone(),
        referenced: Referenced::default(),
    }
}

fn record(order: &Order) -> CommandRecord {
    CommandRecord {
        id: order.command_id,
        request_hash: order.request_hash,
        occurred_at: order.now,
        actor: order.actor.clone(),
        correlation_id: order.correlation_id,
        causation_id: order.causation_id,
        reason: order.reason.clone(),
        trace_parent: order.trace_parent.clone(),
    }
}

async fn look_up(
    shared: &Shared,
    tenant: Ulid,
    references: References,
    fresh: bool,
) -> Result<Referenced, CommandError> {
    let mut found = Referenced::default();
    for (kind, id) in references.aggregates {
        let executor = shared
            .executors
            .get(kind)
            .ok_or_else(|| CommandError::UnknownAggregate(kind.to_owned()))?;
        let state = match executor.referenced(&*shared.log, tenant, id, fresh).await {
            // Another aggregate's id: to the decision there is none.
            Err(CommandError::NotFound(_)) => ReferencedState { kind, id, version: 0, state: None },
            state => state?,
        };
        found.states.push(state);
    }
    if !references.series.is_empty() {
        let last = shared.log.series(tenant, &references.series).await?;
        found.series = references.series.into_iter().zip(last).collect();
    }
    Ok(found)
}

fn lost_or_over(order: &Order, error: AppendError) -> Stop {
    match (error, order.expected_version) {
        (AppendError::Conflict { actual, .. }, Some(expected)) => {
            Stop::Error(CommandError::Precondition { expected, actual })
        }
        (
            error @ (AppendError::Conflict { .. }
            | AppendError::NumberTaken(_)
            | AppendError::ReferenceChanged),
            _,
        ) => Stop::Lost(error.into()),
        (error, _) => Stop::Error(error.into()),
    }
}

fn refused<A: Aggregate>(rejection: &A::Rejection) -> CommandError {
    let variant = variant_name(rejection).unwrap_or_default();
    CommandError::Refused {
        code: rejection_code::<A>(variant),
        message: rejection.to_string(),
        details: variant_fields(rejection),
    }
}

fn named<A: Aggregate>(event: &A::Event, with_fields: bool) -> ReceiptEvent {
    let name = format!("{}.{}", A::TYPE, variant_name(event).unwrap_or_default());
    let fields = with_fields.then(|| variant_fields(event));
    ReceiptEvent { name, fields }
}

/// The first answer to a command that had been executed before.
async fn repeated(log: &dyn Log, order: &Order, first: Appended) -> Result<Receipt, CommandError> {
    let count = (first.last_position + 1).saturating_sub(first.first_position);
    let events = if count == 0 {
        vec![]
    } else {
        let limit = usize::try_from(count).unwrap_or(usize::MAX);
        log.read_tenant(order.tenant, first.first_position - 1, limit).await?
    };
    Ok(Receipt {
        id: order.id,
        outcome: Outcome::Repeated,
        version: first.version,
        position: first.last_position,
        events: events
            .into_iter()
            .map(|event| ReceiptEvent {
                name: format!("{}.{}", event.envelope.stream_type, event.name),
                fields: None,
            })
            .collect(),
    })
}
