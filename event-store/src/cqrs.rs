//! The seam to cqrs-es: any declared aggregate as a [`cqrs_es::Aggregate`],
//! our log as its [`EventStore`].
//!
//! A [`Session`] serves one command. It carries what the trait has no room
//! for: tenant, command id, claims, references, and the way back for the
//! outcome. The framework gets no queries: what follows from an event is
//! folded from the log, where it cannot be lost.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use cqrs_es::{
    AggregateContext, AggregateError, CqrsFramework, DomainEvent, EventEnvelope, EventStore,
    event_sink::EventSink,
};
use domain::kernel::{Aggregate, EventCodec, Facts, variant_name};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::{Append, AppendError, Appended, CommandRecord, Log, NewEvent};

/// An aggregate as cqrs-es knows them.
#[derive(Default, Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Root<A: Aggregate> {
    state: A,
    /// Where the state goes when the command is refused: the framework would
    /// throw it away, and the next command load it again.
    #[serde(skip)]
    kept: Kept<A>,
    /// By what new events are found to be about somebody.
    #[serde(skip)]
    codec: Option<Arc<EventCodec<A>>>,
}

type Kept<A> = Arc<Mutex<Option<A>>>;

/// An event as cqrs-es knows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub(crate) struct RootEvent<A: Aggregate>(pub(crate) A::Event);

impl<A: Aggregate> DomainEvent for RootEvent<A> {
    fn event_type(&self) -> String {
        format!("{}.{}", A::TYPE, variant_name(&self.0).unwrap_or_default())
    }
    fn event_version(&self) -> String {
        let name = variant_name(&self.0).unwrap_or_default();
        let codec = EventCodec::<A>::new();
        let version = codec.shapes().find(|(shape, _)| *shape == name).map_or(1, |(_, v)| v);
        version.to_string()
    }
}

impl<A: Aggregate> cqrs_es::Aggregate for Root<A> {
    const TYPE: &'static str = A::TYPE;
    type Command = A::Command;
    type Event = RootEvent<A>;
    type Error = A::Rejection;
    type Services = Facts;

    async fn handle(
        &mut self,
        command: A::Command,
        facts: &Facts,
        sink: &EventSink<Self>,
    ) -> Result<(), A::Rejection> {
        let events = self.state.decide(command, facts).inspect_err(|_| {
            *lock(&self.kept) = Some(std::mem::take(&mut self.state));
        })?;
        for event in events {
            let event = match &self.codec {
                Some(codec) => codec.owned(event, facts.target),
                None => event,
            };
            sink.write(RootEvent(event), self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: RootEvent<A>) {
        self.state.evolve(&event.0);
    }
}

/// An aggregate and the version it has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loaded<A> {
    pub(crate) state: A,
    pub(crate) version: u64,
}

/// An aggregate in the hands of the framework.
pub(crate) struct Context<A: Aggregate> {
    root: Root<A>,
    version: u64,
}

impl<A: Aggregate> AggregateContext<Root<A>> for Context<A> {
    fn aggregate(&mut self) -> &mut Root<A> {
        &mut self.root
    }
}

/// What came of a command that was not refused.
pub(crate) struct Done<A: Aggregate> {
    /// The state after its events.
    pub(crate) loaded: Loaded<A>,
    pub(crate) events: Vec<A::Event>,
    /// The id of the last of them, and the bytes of all.
    pub(crate) last_event: Option<Ulid>,
    pub(crate) bytes: usize,
    pub(crate) became: Became,
}

/// What became of a command's events.
pub(crate) enum Became {
    /// They are in the log.
    Appended(Appended),
    /// They are ready for it.
    Planned(Box<Append>),
}

/// Why a command came to nothing.
pub(crate) enum Failed<A: Aggregate> {
    /// With the state as it was.
    Refused(A::Rejection, Loaded<A>),
    Append(AppendError),
}

/// One command's way through the framework.
pub(crate) struct Session<'a, A: Aggregate> {
    pub(crate) log: &'a Arc<dyn Log>,
    pub(crate) codec: &'a Arc<EventCodec<A>>,
    pub(crate) tenant: Ulid,
    pub(crate) stream: Ulid,
    pub(crate) command: CommandRecord,
    pub(crate) references: Vec<(Ulid, u64)>,
    /// Decide, but leave the append to the caller.
    pub(crate) plan_only: bool,
}

impl<A: Aggregate> Session<'_, A> {
    /// Hands a command to the framework.
    pub(crate) async fn execute(
        self,
        loaded: Loaded<A>,
        command: A::Command,
        facts: Facts,
    ) -> Result<Done<A>, Failed<A>> {
        let id = self.stream.to_string();
        let version = loaded.version;
        let kept = Kept::<A>::default();
        let append = Append {
            expected: version,
            references: self.references,
            ..Append::of(self.tenant, A::TYPE, self.stream, self.command)
        };
        let slot = Slot { loaded: Some(loaded), append: Some(append), outcome: None };
        let store = Store {
            log: self.log.clone(),
            codec: self.codec.clone(),
            tenant: self.tenant,
            stream: self.stream,
            slot: Arc::new(Mutex::new(slot)),
            kept: kept.clone(),
            plan_only: self.plan_only,
        };
        let slot = store.slot.clone();
        let result = CqrsFramework::new(store, vec![], facts).execute(&id, command).await;
        let outcome = lock(&slot).outcome.take();
        match (result, outcome) {
            (Err(AggregateError::UserError(rejection)), _) => {
                let state = lock(&kept).take().unwrap_or_default();
                Err(Failed::Refused(rejection, Loaded { state, version }))
            }
            (_, Some(outcome)) => outcome.map_err(Failed::Append),
            (Err(error), None) => Err(Failed::Append(AppendError::Fault(error.to_string()))),
            (Ok(()), None) => {
                Err(Failed::Append(AppendError::Fault("the framework did not commit".to_owned())))
            }
        }
    }
}

struct Slot<A: Aggregate> {
    loaded: Option<Loaded<A>>,
    /// What is asked of the log, as far as it is known beforehand.
    append: Option<Append>,
    outcome: Option<Result<Done<A>, AppendError>>,
}

fn lock<T>(slot: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The log as the framework's event store, for one command.
struct Store<A: Aggregate> {
    log: Arc<dyn Log>,
    codec: Arc<EventCodec<A>>,
    tenant: Ulid,
    stream: Ulid,
    slot: Arc<Mutex<Slot<A>>>,
    kept: Kept<A>,
    plan_only: bool,
}

impl<A: Aggregate> Store<A> {
    fn encode(&self, events: &[RootEvent<A>], append: &mut Append) -> Result<(), AppendError> {
        for RootEvent(event) in events {
            let written =
                self.codec.encode(event).map_err(|error| AppendError::Fault(error.to_string()))?;
            append.claims.extend(A::claims(event));
            append.events.push(NewEvent::from(written));
        }
        Ok(())
    }

    /// Appends what was decided, or keeps it for the caller who will.
    async fn settle(
        &self,
        events: &[RootEvent<A>],
        context: Context<A>,
    ) -> Result<Done<A>, AppendError> {
        let append = lock(&self.slot).append.take();
        let committed = || AppendError::Fault("the framework committed twice".to_owned());
        let mut append = append.ok_or_else(committed)?;
        self.encode(events, &mut append)?;
        let last_event = append.events.last().map(|event| event.id);
        let bytes = append.events.iter().map(|event| event.payload.len()).sum();
        let became = if self.plan_only {
            Became::Planned(Box::new(append))
        } else {
            Became::Appended(self.log.append(append).await?)
        };
        let version = context.version + events.len() as u64;
        Ok(Done {
            loaded: Loaded { state: context.root.state, version },
            events: events.iter().map(|event| event.0.clone()).collect(),
            last_event,
            bytes,
            became,
        })
    }
}

impl<A: Aggregate> EventStore<Root<A>> for Store<A> {
    type AC = Context<A>;

    async fn load_events(
        &self,
        _: &str,
    ) -> Result<Vec<EventEnvelope<Root<A>>>, AggregateError<A::Rejection>> {
        let (tenant, stream) = (self.tenant, self.stream);
        let unexpected = |error: Box<dyn std::error::Error + Send + Sync>| {
            AggregateError::UnexpectedError(error)
        };
        let stored = self
            .log
            .read_stream(tenant, stream, 0, usize::MAX)
            .await
            .map_err(|error| unexpected(error.into()))?;
        let decoded = stored.iter().map(|event| {
            self.codec
                .decode(&event.name, event.schema_version, &event.payload)
                .map(RootEvent)
                .map_err(|error| unexpected(error.into()))
        });
        let events = decoded.collect::<Result<Vec<_>, _>>()?;
        Ok(envelopes(stream, 0, events))
    }

    async fn load_aggregate(&self, _: &str) -> Result<Context<A>, AggregateError<A::Rejection>> {
        let Loaded { state, version } = lock(&self.slot).loaded.take().unwrap_or_default();
        let (kept, codec) = (self.kept.clone(), Some(self.codec.clone()));
        Ok(Context { root: Root { state, kept, codec }, version })
    }

    async fn commit(
        &self,
        events: Vec<RootEvent<A>>,
        context: Context<A>,
        _: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<Root<A>>>, AggregateError<A::Rejection>> {
        let version = context.version;
        let outcome = self.settle(&events, context).await;
        let failed = outcome.is_err();
        lock(&self.slot).outcome = Some(outcome);
        if failed {
            return Err(AggregateError::AggregateConflict);
        }
        Ok(envelopes(self.stream, version, events))
    }
}

fn envelopes<A: Aggregate>(
    stream: Ulid,
    version: u64,
    events: Vec<RootEvent<A>>,
) -> Vec<EventEnvelope<Root<A>>> {
    let first = usize::try_from(version).unwrap_or(usize::MAX).saturating_add(1);
    (first..)
        .zip(events)
        .map(|(sequence, payload)| EventEnvelope {
            aggregate_id: stream.to_string(),
            sequence,
            payload,
            metadata: HashMap::new(),
        })
        .collect()
}
