//! A batch of appends as the arguments of `log.append`, and back.

use std::collections::{HashSet, VecDeque};

use chrono::{DateTime, Utc};
use domain::kernel::{Claim, NAMED_MESSAGE_PACK};
use tokio_postgres::{Row, types::ToSql};
use ulid::Ulid;
use uuid::Uuid;

use super::{number, read, session::uuid, unsigned};
use crate::{Append, AppendError, Appended};

/// Takes from the front of what is waiting as many appends as may share one
/// call: none writes a stream, uses a command id or touches a claim that
/// another of them uses, and none refers to a stream that another writes. The
/// others keep their order and wait for the next call.
pub(super) fn take<T>(
    waiting: &mut VecDeque<T>,
    append: impl Fn(&T) -> &Append,
    most: usize,
    most_bytes: usize,
) -> Vec<T> {
    let mut used = Used::default();
    let mut taken = Vec::with_capacity(waiting.len().min(most));
    let mut bytes = 0;
    let mut left = VecDeque::new();
    while let Some(next) = waiting.pop_front() {
        let size: usize = append(&next).events.iter().map(|event| event.payload.len()).sum();
        let fits = taken.len() < most && (taken.is_empty() || bytes + size <= most_bytes);
        if fits && used.admit(append(&next)) {
            bytes += size;
            taken.push(next);
        } else {
            left.push_back(next);
        }
        if taken.len() >= most {
            break;
        }
    }
    left.append(waiting);
    *waiting = left;
    taken
}

#[derive(Default)]
struct Used {
    written: HashSet<(Ulid, Ulid)>,
    referenced: HashSet<(Ulid, Ulid)>,
    commands: HashSet<(Ulid, Ulid)>,
    claims: HashSet<(Ulid, String)>,
}

impl Used {
    fn admit(&mut self, append: &Append) -> bool {
        let tenant = append.tenant;
        let stream = (tenant, append.stream);
        let claims: Vec<_> =
            append.claims.iter().map(|claim| (tenant, claim_name(claim))).collect();
        let clash = self.written.contains(&stream)
            || self.referenced.contains(&stream)
            || self.commands.contains(&(tenant, append.command.id))
            || claims.iter().any(|claim| self.claims.contains(claim))
            || append.references.iter().any(|(id, _)| self.written.contains(&(tenant, *id)));
        // Whatever waits keeps its place before later appends to its stream.
        self.written.insert(stream);
        if clash {
            return false;
        }
        self.commands.insert((tenant, append.command.id));
        self.claims.extend(claims);
        self.referenced.extend(append.references.iter().map(|(id, _)| (tenant, *id)));
        true
    }
}

fn claim_name(claim: &Claim) -> String {
    match claim {
        Claim::Take { scope, key } | Claim::Release { scope, key } => format!("{scope} {key}"),
        Claim::Number { series, .. } => series.clone(),
    }
}

/// The arguments of one call: an array per column.
#[derive(Default)]
pub(super) struct Arguments<'a> {
    tenants: Vec<Uuid>,
    streams: Vec<Uuid>,
    stream_types: Vec<&'a str>,
    expected: Vec<i64>,
    counts: Vec<i32>,
    command_ids: Vec<Uuid>,
    request_hashes: Vec<Option<&'a [u8]>>,
    occurred_at: Vec<DateTime<Utc>>,
    actors: Vec<String>,
    correlation_ids: Vec<Uuid>,
    causation_ids: Vec<Option<Uuid>>,
    trace_parents: Vec<Option<&'a str>>,
    metadata: Vec<Option<Vec<u8>>>,

    event_appends: Vec<i32>,
    event_places: Vec<i32>,
    event_ids: Vec<Uuid>,
    event_types: Vec<String>,
    schema_versions: Vec<i16>,
    codecs: Vec<i16>,
    payloads: Vec<&'a [u8]>,

    claim_appends: Vec<i32>,
    claim_kinds: Vec<i8>,
    claim_scopes: Vec<&'a str>,
    claim_keys: Vec<&'a str>,
    claim_numbers: Vec<Option<i64>>,

    reference_appends: Vec<i32>,
    reference_streams: Vec<Uuid>,
    reference_versions: Vec<i64>,
}

impl<'a> Arguments<'a> {
    pub(super) fn of(appends: impl Iterator<Item = &'a Append>) -> Self {
        let mut arguments = Self::default();
        for (place, append) in (1..).zip(appends) {
            arguments.add(place, append);
        }
        arguments
    }

    fn add(&mut self, place: i32, append: &'a Append) {
        let command = &append.command;
        self.tenants.push(uuid(append.tenant));
        self.streams.push(uuid(append.stream));
        self.stream_types.push(append.stream_type);
        self.expected.push(number(append.expected));
        self.counts.push(i32::try_from(append.events.len()).unwrap_or(i32::MAX));
        self.command_ids.push(uuid(command.id));
        self.request_hashes.push(command.request_hash.as_ref().map(<[u8; 32]>::as_slice));
        self.occurred_at.push(command.occurred_at.into());
        self.actors.push(command.actor.to_string());
        self.correlation_ids.push(uuid(command.correlation_id));
        self.causation_ids.push(command.causation_id.map(uuid));
        self.trace_parents.push(command.trace_parent.as_deref());
        self.metadata.push(read::metadata(command));
        for (event_place, event) in (1..).zip(&append.events) {
            self.event_appends.push(place);
            self.event_places.push(event_place);
            self.event_ids.push(uuid(event.id));
            self.event_types.push(format!("{}.{}", append.stream_type, event.name));
            self.schema_versions.push(i16::try_from(event.schema_version).unwrap_or(i16::MAX));
            self.codecs.push(NAMED_MESSAGE_PACK);
            self.payloads.push(&event.payload);
        }
        for claim in &append.claims {
            self.add_claim(place, claim);
        }
        for (stream, version) in &append.references {
            self.reference_appends.push(place);
            self.reference_streams.push(uuid(*stream));
            self.reference_versions.push(number(*version));
        }
    }

    fn add_claim(&mut self, place: i32, claim: &'a Claim) {
        let (kind, scope, key, number) = match claim {
            Claim::Take { scope, key } => (b't', *scope, key.as_str(), None),
            Claim::Release { scope, key } => (b'r', *scope, key.as_str(), None),
            Claim::Number { series, number: n } => (b'n', series.as_str(), "", Some(number(*n))),
        };
        self.claim_appends.push(place);
        self.claim_kinds.push(kind.cast_signed());
        self.claim_scopes.push(scope);
        self.claim_keys.push(key);
        self.claim_numbers.push(number);
    }

    /// In the order of `append.sql`.
    pub(super) fn params(&self) -> [&(dyn ToSql + Sync); 28] {
        [
            &self.tenants,
            &self.streams,
            &self.stream_types,
            &self.expected,
            &self.counts,
            &self.command_ids,
            &self.request_hashes,
            &self.occurred_at,
            &self.actors,
            &self.correlation_ids,
            &self.causation_ids,
            &self.trace_parents,
            &self.metadata,
            &self.event_appends,
            &self.event_places,
            &self.event_ids,
            &self.event_types,
            &self.schema_versions,
            &self.codecs,
            &self.payloads,
            &self.claim_appends,
            &self.claim_kinds,
            &self.claim_scopes,
            &self.claim_keys,
            &self.claim_numbers,
            &self.reference_appends,
            &self.reference_streams,
            &self.reference_versions,
        ]
    }
}

/// Reads the verdict on one append: its place in the call, counted from zero,
/// and what became of it.
pub(super) fn verdict(
    row: &Row,
    append: impl Fn(usize) -> Option<(u64, Ulid, Ulid)>,
) -> Result<(usize, Result<Appended, AppendError>), tokio_postgres::Error> {
    let place = usize::try_from(row.try_get::<_, i32>(0)? - 1).unwrap_or(usize::MAX);
    let letter = row.try_get::<_, i8>(1)?.cast_unsigned();
    let version = unsigned(row.try_get(2)?);
    let (expected, tenant, command) = append(place).unwrap_or_default();
    let claim = || row.try_get::<_, Option<String>>(6).map(Option::unwrap_or_default);
    let outcome = match letter {
        b's' | b'd' => Ok(Appended {
            version,
            first_position: unsigned(row.try_get(3)?),
            last_position: unsigned(row.try_get(4)?),
            recorded_at: read::time(row, 5)?,
            duplicate: letter == b'd',
        }),
        b'h' => Err(AppendError::CommandIdReused(command)),
        b'v' => Err(AppendError::Conflict { expected, actual: version }),
        b'c' => {
            let claim = claim()?;
            let (scope, key) = claim.split_once(' ').unwrap_or((&claim, ""));
            Err(AppendError::ClaimTaken { scope: scope.to_owned(), key: key.to_owned() })
        }
        b'n' => Err(AppendError::NumberTaken(claim()?.trim_end().to_owned())),
        b'r' => Err(AppendError::ReferenceChanged),
        b't' => Err(AppendError::UnknownTenant(tenant)),
        other => Err(AppendError::Fault(format!("unknown verdict {}", char::from(other)))),
    };
    Ok((place, outcome))
}
