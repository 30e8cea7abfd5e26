//! Orders, receipts, and the reasons for which there is none.

use domain::kernel::{Actor, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::{AppendError, ReadError};

/// A command on its way to an aggregate.
#[derive(Clone, Debug)]
pub struct Order {
    /// Whose log.
    pub tenant: Ulid,
    /// The aggregate's type.
    pub aggregate: String,
    /// Which one.
    pub id: Ulid,
    /// Whether the id was made up for this request. Repeated, the command comes
    /// with another, and gets the first answer all the same.
    pub minted: bool,
    /// The command as externally tagged JSON: `{"issue": {…}}`.
    pub command: Vec<u8>,
    /// The command's identity, the same when it is repeated.
    pub command_id: Ulid,
    /// SHA-256 of what was asked, see [`request_hash`]; nothing when nobody
    /// can repeat the command, because nobody else knows its id.
    pub request_hash: Option<[u8; 32]>,
    /// Who asks.
    pub actor: Actor,
    /// When.
    pub now: Timestamp,
    /// What everything that belongs together shares.
    pub correlation_id: Ulid,
    /// The event that caused it.
    pub causation_id: Option<Ulid>,
    /// Why, in the words of whoever asks.
    pub reason: Option<String>,
    /// W3C trace context.
    pub trace_parent: Option<String>,
    /// The version the aggregate must have.
    pub expected_version: Option<u64>,
    /// Decide, answer the events, store nothing.
    pub validate_only: bool,
}

impl Order {
    /// A command to an aggregate, by its type and id, given by somebody at a
    /// moment. It begins a story of its own and can be given only once; the
    /// fields say what else there is to say.
    #[must_use]
    pub fn new(
        command_id: Ulid,
        tenant: Ulid,
        (aggregate, id): (&str, Ulid),
        command: Vec<u8>,
        (actor, now): (Actor, Timestamp),
    ) -> Self {
        Self {
            tenant,
            aggregate: aggregate.to_owned(),
            id,
            minted: false,
            command,
            command_id,
            request_hash: None,
            actor,
            now,
            correlation_id: command_id,
            causation_id: None,
            reason: None,
            trace_parent: None,
            expected_version: None,
            validate_only: false,
        }
    }
}

/// What became of a command that was not refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// The aggregate.
    pub id: Ulid,
    /// How it went.
    pub outcome: Outcome,
    /// The version the aggregate has now.
    pub version: u64,
    /// A position in the tenant's log by which everything the command did is
    /// visible.
    pub position: u64,
    /// The events, in their order.
    pub events: Vec<ReceiptEvent>,
}

/// How a command went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It brought about events.
    Executed,
    /// It was already so.
    AlreadyApplied,
    /// It had been executed before; this is the first answer again.
    Repeated,
    /// It would bring about these events; nothing was stored.
    Validated,
}

/// An event in a receipt.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiptEvent {
    /// `{aggregate}.{event}`.
    pub name: String,
    /// Its fields, when the command was only validated.
    pub fields: Option<Value>,
}

/// Why a command came to nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// No such aggregate is declared.
    #[error("there is no aggregate {0}")]
    UnknownAggregate(String),
    /// A field does not hold what the command declares.
    #[error("{field}: {message}")]
    Invalid {
        /// The path of the field.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// There is no such aggregate.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The aggregate refuses.
    #[error("{message}")]
    Refused {
        /// The stable code: `LOAN_NOT_OPEN`.
        code: String,
        /// The reason in words.
        message: String,
        /// The values the reason names.
        details: Value,
    },
    /// The aggregate does not have the version the order insists on.
    #[error("it is at version {actual}, expected {expected}")]
    Precondition {
        /// The version asked for.
        expected: u64,
        /// The version there is.
        actual: u64,
    },
    /// Others were faster, again and again.
    #[error("too many commands compete for the same {0}; try again")]
    Contention(&'static str),
    /// Another aggregate has the value.
    #[error("{scope} is taken")]
    ClaimTaken {
        /// What kind of value.
        scope: String,
    },
    /// The command id was used for something else.
    #[error("the idempotency key was used before, for another request")]
    CommandIdReused,
    /// The command brings about more than one append may hold.
    #[error("{0}")]
    TooLarge(String),
    /// The command is about a person whose data was erased.
    #[error("{0}")]
    Erased(String),
    /// The tenant has no log here.
    #[error("the tenant has no log here")]
    UnknownTenant,
    /// The log cannot take the command now; nothing was stored.
    #[error("{0}")]
    Unavailable(String),
    /// The log went away at the wrong moment.
    #[error(
        "it is unknown whether the command was stored; repeat it with the same idempotency key"
    )]
    UnknownOutcome,
    /// Something nobody foresaw.
    #[error("{0}")]
    Fault(String),
}

impl CommandError {
    /// A short stable word for metrics and logs.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::UnknownAggregate(_) => "unknown_aggregate",
            Self::Invalid { .. } => "invalid",
            Self::NotFound(_) => "not_found",
            Self::Refused { code, .. } => code,
            Self::Precondition { .. } => "precondition",
            Self::Contention(_) => "contention",
            Self::ClaimTaken { .. } => "claim_taken",
            Self::CommandIdReused => "command_id_reused",
            Self::TooLarge(_) => "too_large",
            Self::Erased(_) => "erased",
            Self::UnknownTenant => "unknown_tenant",
            Self::Unavailable(_) => "unavailable",
            Self::UnknownOutcome => "unknown_outcome",
            Self::Fault(_) => "fault",
        }
    }
}

impl CommandError {
    /// Whether it may come of a state that is not the present one.
    pub(super) const fn depends_on_state(&self) -> bool {
        matches!(self, Self::NotFound(_) | Self::Refused { .. } | Self::Precondition { .. })
    }
}

impl From<ReadError> for CommandError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(_) => Self::Unavailable(error.to_string()),
            ReadError::Fault(message) => Self::Fault(message),
        }
    }
}

impl From<AppendError> for CommandError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::CommandIdReused(_) => Self::CommandIdReused,
            AppendError::ClaimTaken { scope, .. } => Self::ClaimTaken { scope },
            AppendError::UnknownTenant(_) => Self::UnknownTenant,
            AppendError::TooLarge { .. } => Self::TooLarge(error.to_string()),
            AppendError::Overloaded(_) | AppendError::Unavailable(_) => {
                Self::Unavailable(error.to_string())
            }
            AppendError::Unknown(_) => Self::UnknownOutcome,
            AppendError::Conflict { .. } => Self::Contention("stream"),
            AppendError::NumberTaken(_) => Self::Contention("series"),
            AppendError::ReferenceChanged => Self::Contention("reference"),
            AppendError::KeyExists(_) => Self::Contention("key"),
            AppendError::Erased(_) => Self::Erased(error.to_string()),
            AppendError::Fault(message) => Self::Fault(message),
        }
    }
}

/// The hash by which a repeated request is told from another with the same id.
#[must_use]
pub fn request_hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
