//! A stretch of one tenant's log, read and decoded once for all read models.

use chrono::{DateTime, Utc};
use deadpool_postgres::ClientWrapper;
use domain::kernel::{AnyRecorded, Envelope, Registry};
use event_store::{
    ReadError, StoredEvent,
    history::{self, Excerpt, RawEvent},
    keys::{KeyError, KeyRing},
    pg::TenantRead,
};
use ulid::Ulid;

use crate::{
    StepError,
    model::Model,
    quarantine::{Found, Origin},
};

/// Where a stretch of a log lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stretch {
    pub(crate) tenant: Ulid,
    /// It begins after this position.
    pub(crate) after: u64,
    /// It ends with this one.
    pub(crate) until: u64,
}

/// The events of a stretch that any read model folds.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) events: Vec<Taken>,
    /// Where it ends: before the stretch does, where that was too much to hold.
    pub(crate) until: u64,
    /// When its first event was written down, and when its last.
    pub(crate) first_at: Option<DateTime<Utc>>,
    pub(crate) last_at: Option<DateTime<Utc>>,
}

/// An event as it came out of the log.
pub(crate) enum Taken {
    /// As it was declared.
    Known(AnyRecorded),
    /// One that this program cannot read, or that is missing.
    Broken {
        /// Of which stream; nobody knows of a missing one.
        origin: Option<Origin>,
        position: u64,
        error: String,
    },
}

impl Taken {
    /// Whether a read model has to do with it.
    pub(crate) fn concerns(&self, model: &Model) -> bool {
        match self {
            Self::Known(event) => model.folds(&event.envelope().stream_type),
            Self::Broken { origin: Some(origin), .. } => model.folds(&origin.stream_type),
            Self::Broken { origin: None, .. } => true,
        }
    }

    /// Its stream; nobody knows that of a missing one.
    pub(crate) fn stream(&self) -> Option<Ulid> {
        match self {
            Self::Known(event) => Some(event.envelope().stream_id),
            Self::Broken { origin, .. } => origin.as_ref().map(|origin| origin.stream),
        }
    }

    /// What is to be said of it where it cannot be folded. Nothing of a missing
    /// one.
    pub(crate) fn found(&self, error: String) -> Option<Found> {
        match self {
            Self::Known(event) => Some(Found::of(event, error)),
            Self::Broken { origin, position, .. } => {
                Some(Found { origin: origin.clone()?, position: *position, error })
            }
        }
    }

    pub(crate) fn position(&self) -> u64 {
        match self {
            Self::Known(event) => event.envelope().position,
            Self::Broken { position, .. } => *position,
        }
    }

    /// Reads events of one tenant back, opening what is sealed.
    pub(crate) async fn from_log<'r>(
        registry: &Registry,
        ring: &KeyRing,
        tenant: Ulid,
        events: impl Iterator<Item = &'r RawEvent>,
    ) -> Result<Vec<Self>, StepError> {
        let mut taken = vec![];
        let mut stored = vec![];
        for event in events {
            match event.stored() {
                Ok(event) => stored.push(event),
                Err(error) => taken.push(Self::Broken {
                    origin: Some(Origin {
                        stream_type: event.stream_type()?.to_owned(),
                        stream: event.stream()?,
                        version: event.version()?,
                    }),
                    position: event.position()?,
                    error: error.to_string(),
                }),
            }
        }
        let is_whole = taken.is_empty();
        let opened = ring.open_each(tenant, stored).await?;
        taken.extend(opened.into_iter().map(|event| Self::decode(registry, event)));
        if !is_whole {
            taken.sort_by_key(Self::position);
        }
        Ok(taken)
    }

    fn decode(registry: &Registry, event: Result<StoredEvent, (StoredEvent, KeyError)>) -> Self {
        match event {
            Ok(event) => {
                let Envelope { position, stream_id: stream, version, .. } = event.envelope;
                let stream_type = event.envelope.stream_type.clone();
                event_store::decode(registry, event).map_or_else(
                    |error| {
                        let stream_type = stream_type.to_string();
                        Self::broken(Origin { stream_type, stream, version }, position, &error)
                    },
                    Self::Known,
                )
            }
            Err((event, error)) => {
                Self::broken(Origin::of(&event.envelope), event.envelope.position, &error)
            }
        }
    }

    fn broken(origin: Origin, position: u64, error: &dyn std::fmt::Display) -> Self {
        Self::Broken { origin: Some(origin), position, error: error.to_string() }
    }
}

/// Reads a stretch, or as much of it as has so many bytes, leaving out what
/// nobody folds.
pub(crate) async fn read(
    client: &ClientWrapper,
    (registry, ring): (&Registry, &KeyRing),
    stretch: Stretch,
    bytes: usize,
    wanted: impl Fn(&str) -> bool,
) -> Result<Batch, StepError> {
    let Stretch { tenant, after, mut until } = stretch;
    let session = TenantRead { client, tenant };
    let stretch = history::Stretch::between(tenant, after, until);
    let Excerpt { taken: raw, is_cut, .. } =
        ring.history().excerpt(&session, stretch, bytes).await?;
    if let Some(last) = raw.last().filter(|_| is_cut) {
        until = last.position()?;
    }
    let mut chosen = Vec::with_capacity(raw.len());
    for event in &raw {
        if wanted(event.stream_type()?) {
            chosen.push(event);
        }
    }
    let mut events = Taken::from_log(registry, ring, tenant, chosen.into_iter()).await?;
    // INVARIANT: a log has no gaps. Moving a checkpoint past an event that is
    // not seen would skip it for ever. Guarded by the test
    // `a_log_that_is_not_seen_is_not_taken_for_empty`.
    if raw.len() as u64 != until - after {
        events.push(missing(&raw, after)?);
    }
    let first_at = raw.first().map(RawEvent::recorded_at).transpose()?;
    let last_at = raw.last().map(RawEvent::recorded_at).transpose()?;
    Ok(Batch { events, until, first_at, last_at })
}

/// The first event that should be there and is not.
fn missing(events: &[RawEvent], after: u64) -> Result<Taken, ReadError> {
    let mut position = after + 1;
    for event in events {
        if event.position()? != position {
            break;
        }
        position += 1;
    }
    let error = format!(
        "the event at position {position} is not in the log, or this session does not see it: \
         its role should be tenantry_projector"
    );
    Ok(Taken::Broken { origin: None, position, error })
}
