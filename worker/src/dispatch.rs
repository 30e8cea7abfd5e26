//! Giving the commands that events and timers call for.

use domain::kernel::{Actor, Dispatch, Timestamp};
use event_store::{CommandError, Commands, Order, request_hash};
use serde_json::Value;
use tracing::Instrument;
use ulid::Ulid;

/// Who gives a command, and because of what.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    /// Whose log.
    pub(crate) tenant: Ulid,
    /// The reaction or timer.
    pub(crate) origin: Origin,
    /// The event behind it.
    pub(crate) event_id: Ulid,
    /// What everything that belongs together shares.
    pub(crate) correlation_id: Ulid,
    /// When it happens, in the business's eyes.
    pub(crate) at: Timestamp,
    /// The trace of the event.
    pub(crate) trace_parent: Option<String>,
    /// Whose personal data the event holds, of which the command may hold
    /// copies.
    pub(crate) subjects: Vec<Ulid>,
}

/// What gives commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A reaction, by name, with the place of the command among its intents.
    Reaction(&'static str, usize),
    /// A timer of an aggregate.
    Timer(Ulid, String),
}

impl Origin {
    /// As it is kept with refused commands.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Reaction(name, _) => format!("reaction:{name}"),
            Self::Timer(_, name) => format!("timer:{name}"),
        }
    }

    fn actor(&self) -> Actor {
        match self {
            Self::Reaction(name, _) => Actor::system(name),
            Self::Timer(..) => Actor::system(&self.text()),
        }
    }
}

/// A command that was refused, for people to look at.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) command_id: Ulid,
    pub(crate) cause: Cause,
    pub(crate) dispatch: Dispatch,
    pub(crate) code: String,
    pub(crate) message: String,
}

/// Why something could not be done, and will be tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What went wrong.
    pub(crate) message: String,
    /// Whether time alone will not heal it.
    pub(crate) lasting: bool,
}

/// Gives a command. A refusal is an answer; only a failure is not.
pub(crate) async fn give(
    commands: &Commands,
    cause: &Cause,
    dispatch: &Dispatch,
) -> Result<Option<Refused>, Failure> {
    let span = tracing::info_span!(
        "reaction",
        otel.name = cause.origin.text(),
        tenant.id = %cause.tenant,
        causation.id = %cause.event_id,
    );
    if let Some(parent) = &cause.trace_parent {
        service::telemetry::follow(&span, parent);
    }
    let trace_parent = service::telemetry::trace_parent(&span);
    let trace_parent = trace_parent.or_else(|| cause.trace_parent.clone());
    let order = order(cause, dispatch, trace_parent);
    let Err(error) = commands.execute(order).instrument(span).await else { return Ok(None) };
    let (code, message) = refusal(&error)?;
    tracing::info!(
        origin = cause.origin.text(), tenant.id = %cause.tenant, %code,
        "a command of the system was refused"
    );
    Ok(Some(refused(cause, dispatch.clone(), code, message)))
}

/// A refused command. Why it was refused may quote it, and is not kept where
/// that may be personal.
fn refused(cause: &Cause, dispatch: Dispatch, code: String, mut message: String) -> Refused {
    if !cause.subjects.is_empty() {
        "not kept: the command may hold personal data".clone_into(&mut message);
    }
    Refused { command_id: command_id(cause), cause: cause.clone(), dispatch, code, message }
}

/// The command of a timer whose order nobody can read any more.
pub(crate) fn erased(cause: &Cause) -> Refused {
    let dispatch = Dispatch { aggregate: String::new(), id: Ulid::nil(), command: Value::Null };
    let message = "the order held data of a person who was erased".to_owned();
    let (command_id, code) = (command_id(cause), "ERASED".to_owned());
    Refused { command_id, cause: cause.clone(), dispatch, code, message }
}

fn order(cause: &Cause, dispatch: &Dispatch, trace_parent: Option<String>) -> Order {
    let command = serde_json::to_vec(&dispatch.command).unwrap_or_default();
    let hash = request_hash(&[dispatch.aggregate.as_bytes(), &dispatch.id.to_bytes(), &command]);
    Order {
        request_hash: Some(hash),
        correlation_id: cause.correlation_id,
        causation_id: Some(cause.event_id),
        trace_parent,
        ..Order::new(
            command_id(cause),
            cause.tenant,
            (&dispatch.aggregate, dispatch.id),
            command,
            (cause.origin.actor(), cause.at),
        )
    }
}

/// The identity of a command: the same each time the same event calls for it.
fn command_id(cause: &Cause) -> Ulid {
    let event = cause.event_id.to_bytes();
    let digest = match &cause.origin {
        Origin::Reaction(name, place) => {
            request_hash(&[b"reaction", &event, name.as_bytes(), &place.to_be_bytes()])
        }
        Origin::Timer(stream, name) => {
            request_hash(&[b"timer", &event, &stream.to_bytes(), name.as_bytes()])
        }
    };
    let mut bytes = [0; 16];
    bytes.copy_from_slice(digest.split_at(16).0);
    Ulid::from_bytes(bytes)
}

/// Tells a refusal, which is final, from a failure, which is not.
fn refusal(error: &CommandError) -> Result<(String, String), Failure> {
    match error {
        CommandError::Unavailable(_)
        | CommandError::UnknownOutcome
        | CommandError::Contention(_) => {
            Err(Failure { message: error.to_string(), lasting: false })
        }
        CommandError::Fault(_) | CommandError::UnknownTenant => {
            Err(Failure { message: error.to_string(), lasting: true })
        }
        CommandError::UnknownAggregate(_)
        | CommandError::Invalid { .. }
        | CommandError::NotFound(_)
        | CommandError::Refused { .. }
        | CommandError::Precondition { .. }
        | CommandError::ClaimTaken { .. }
        | CommandError::CommandIdReused
        | CommandError::Erased(_)
        | CommandError::TooLarge(_) => Ok((error.reason().to_ascii_uppercase(), error.to_string())),
    }
}
