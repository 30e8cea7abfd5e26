//! What an append asks for, and what becomes of it.

use domain::kernel::{Actor, Claim, Encoded, Timestamp};
use ulid::Ulid;

/// Events to be added to one stream, all or none.
#[derive(Clone, Debug)]
pub struct Append {
    /// Whose log.
    pub tenant: Ulid,
    /// The type of the aggregate.
    pub stream_type: &'static str,
    /// The aggregate.
    pub stream: Ulid,
    /// The version the stream must have; 0 when it must not exist yet.
    pub expected: u64,
    /// The command that brings the events about.
    pub command: CommandRecord,
    /// The events in their order. None records the command alone.
    pub events: Vec<NewEvent>,
    /// What the events take and release.
    pub claims: Vec<Claim>,
    /// Streams that must still be at these versions.
    pub references: Vec<(Ulid, u64)>,
    /// Keys of data subjects who have none yet.
    pub new_keys: Vec<NewKey>,
}

impl Append {
    /// An append to a stream that must not exist yet, of no events so far.
    #[must_use]
    pub fn of(
        tenant: Ulid,
        stream_type: &'static str,
        stream: Ulid,
        command: CommandRecord,
    ) -> Self {
        Self {
            tenant,
            stream_type,
            stream,
            expected: 0,
            command,
            events: vec![],
            claims: vec![],
            references: vec![],
            new_keys: vec![],
        }
    }

    /// The bytes of its events.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.events.iter().map(|event| event.payload.len()).sum()
    }

    /// Whether it holds personal values, still open.
    pub(crate) fn is_personal(&self) -> bool {
        self.events.iter().any(|event| event.personal) || self.claims.iter().any(Claim::is_personal)
    }
}

/// What is recorded about the command of an append.
#[derive(Clone, Debug)]
pub struct CommandRecord {
    /// The command's identity, the same when it is repeated.
    pub id: Ulid,
    /// SHA-256 of what was asked, when the outcome is to be remembered: the
    /// same id then gets the first answer again.
    pub request_hash: Option<[u8; 32]>,
    /// When it happened, in the business's eyes.
    pub occurred_at: Timestamp,
    /// Who asked.
    pub actor: Actor,
    /// What everything that belongs together shares.
    pub correlation_id: Ulid,
    /// The event that caused it.
    pub causation_id: Option<Ulid>,
    /// Why, in the words of whoever asked.
    pub reason: Option<String>,
    /// W3C trace context.
    pub trace_parent: Option<String>,
}

impl CommandRecord {
    /// A command that nobody will repeat, that nothing caused, and that began
    /// what belongs together.
    #[must_use]
    pub const fn new(id: Ulid, actor: Actor, occurred_at: Timestamp) -> Self {
        Self {
            id,
            request_hash: None,
            occurred_at,
            actor,
            correlation_id: id,
            causation_id: None,
            reason: None,
            trace_parent: None,
        }
    }
}

/// An event that is not yet in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Its own id.
    pub id: Ulid,
    /// The variant's name, for example `issued`.
    pub name: &'static str,
    /// The version of its shape.
    pub schema_version: u16,
    /// Its fields as named MessagePack.
    pub payload: Vec<u8>,
    /// Whether there may be personal values in it, still open.
    pub personal: bool,
    /// Whose personal data it holds, once that is sealed.
    pub subjects: Vec<Ulid>,
}

impl NewEvent {
    /// An event with an id of its own, of the first version of its shape, with
    /// nothing personal in it.
    #[must_use]
    pub fn new(name: &'static str, payload: Vec<u8>) -> Self {
        Encoded { name, schema_version: 1, payload, personal: false }.into()
    }
}

impl From<Encoded> for NewEvent {
    fn from(event: Encoded) -> Self {
        let Encoded { name, schema_version, payload, personal } = event;
        let id = Ulid::generate();
        Self { id, name, schema_version, payload, personal, subjects: vec![] }
    }
}

/// The key of a data subject, which comes into being with the first event that
/// holds personal data of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Whose.
    pub subject: Ulid,
    /// The key, sealed with the tenant's.
    pub wrapped: Vec<u8>,
    /// The number of the tenant's key that sealed it.
    pub tenant_key: i32,
}

/// Where an append has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The version the stream has now.
    pub version: u64,
    /// The position of the first event; greater than `last_position` when
    /// there were none.
    pub first_position: u64,
    /// The position of the last event, or of the tenant's last event when
    /// there were none.
    pub last_position: u64,
    /// When it was written down.
    pub recorded_at: Timestamp,
    /// Whether it had been written before: this is the first outcome.
    pub duplicate: bool,
}

/// Why an append was not stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Somebody else wrote to the stream first.
    #[error("stream is at version {actual}, expected {expected}")]
    Conflict {
        /// The version the append was decided at.
        expected: u64,
        /// The version the stream has.
        actual: u64,
    },
    /// The command id was used before, for another request.
    #[error("command id {0} was used for another request")]
    CommandIdReused(Ulid),
    /// Another stream of the tenant has the value.
    #[error("{scope} {key:?} is taken")]
    ClaimTaken {
        /// What kind of value.
        scope: String,
        /// The value.
        key: String,
    },
    /// The number is not the next of its series any more.
    #[error("another command took the next number of {0}")]
    NumberTaken(String),
    /// A referenced stream changed since the decision.
    #[error("a referenced stream has changed")]
    ReferenceChanged,
    /// The data subject has a key already: read it, seal with it, try again.
    #[error("data subject {0} has a key already")]
    KeyExists(Ulid),
    /// The person was erased; nothing new about them is kept.
    #[error("the personal data of {0} was erased; nothing more can be kept about this person")]
    Erased(Ulid),
    /// The tenant has no log here.
    #[error("tenant {0} has no log")]
    UnknownTenant(Ulid),
    /// The append is beyond the limits of a single one.
    #[error("{what} is {actual}, at most {limit} are allowed")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        actual: usize,
        /// How large it may be.
        limit: usize,
    },
    /// So many appends are waiting that this one was not accepted.
    #[error("the log is overloaded: {0} appends are waiting")]
    Overloaded(usize),
    /// The log could not be reached. Nothing was stored.
    #[error("the log cannot be reached: {0}")]
    Unavailable(String),
    /// The connection broke after the append was sent, and did not come back
    /// in time. It may or may not be stored; the same command id tells.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
    /// The log refused for a reason nobody foresaw. Nothing was stored.
    #[error("the log failed: {0}")]
    Fault(String),
}

/// Why a group of appends was not stored. Nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("append {index} of the group: {error}")]
pub struct GroupError {
    /// The place, counted from 0, of the append it is due to; 0 when it is due
    /// to none in particular.
    pub index: usize,
    /// Why.
    pub error: AppendError,
}

/// How much may be appended at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Events in one append.
    pub events: usize,
    /// Bytes in one event's payload.
    pub event_bytes: usize,
    /// Bytes in the payloads of one append, or of a group together.
    pub append_bytes: usize,
    /// Appends in one group.
    pub group: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { events: 1_000, event_bytes: 1 << 20, append_bytes: 8 << 20, group: 1_000 }
    }
}

impl Limits {
    /// Refuses a group that is too large, before anything is sent.
    ///
    /// # Errors
    /// [`AppendError::TooLarge`], naming what is.
    pub fn check(&self, group: &[Append]) -> Result<(), GroupError> {
        let at = |index| move |error| GroupError { index, error };
        within("the number of appends in a group", group.len(), self.group).map_err(at(0))?;
        let mut bytes = 0;
        for (index, append) in group.iter().enumerate() {
            within("the number of events in an append", append.events.len(), self.events)
                .map_err(at(index))?;
            for event in &append.events {
                within("the size of an event in bytes", event.payload.len(), self.event_bytes)
                    .map_err(at(index))?;
            }
            bytes += append.bytes();
            within("the size of an append in bytes", bytes, self.append_bytes)
                .map_err(at(index))?;
        }
        Ok(())
    }
}

fn within(what: &'static str, actual: usize, limit: usize) -> Result<(), AppendError> {
    if actual <= limit { Ok(()) } else { Err(AppendError::TooLarge { what, actual, limit }) }
}
