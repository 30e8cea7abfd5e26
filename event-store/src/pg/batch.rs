//! A batch of appends as the arguments of `log.append`, and back.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::kernel::NAMED_MESSAGE_PACK;
use tokio_postgres::{Row, types::ToSql};
use ulid::Ulid;
use uuid::Uuid;

use super::{number, read, ulid, unsigned, uuid};
use crate::{
    Append, AppendError, Appended,
    group::{Group, NetClaim, Verdict},
    keys::SEALED_MESSAGE_PACK,
};

/// What the groups of one call use.
#[derive(Default)]
pub(super) struct Used {
    written: HashSet<(Ulid, Ulid)>,
    referenced: HashSet<(Ulid, Ulid)>,
    commands: HashSet<(Ulid, Ulid)>,
    keys: HashSet<(Ulid, Ulid)>,
    claims: HashSet<(Ulid, String)>,
}

impl Used {
    /// Whether a group may share the call: none writes a stream, uses a command
    /// id or touches a claim or a key that another of them uses, and none refers
    /// to a stream that another writes.
    pub(super) fn admit(&mut self, group: &Group) -> bool {
        let clash = group.appends.iter().any(|append| {
            let tenant = append.tenant;
            self.written.contains(&(tenant, append.stream))
                || self.referenced.contains(&(tenant, append.stream))
                || self.commands.contains(&(tenant, append.command.id))
                || append.new_keys.iter().any(|key| self.keys.contains(&(tenant, key.subject)))
        });
        let Some(tenant) = group.appends.first().map(|append| append.tenant) else { return true };
        let clash = clash
            || group.references.iter().any(|(_, id, _)| self.written.contains(&(tenant, *id)))
            || group.claims.iter().any(|(_, claim)| self.claims.contains(&(tenant, name(claim))));
        // Whatever waits keeps its place before later appends to its streams.
        self.written.extend(group.appends.iter().map(|append| (tenant, append.stream)));
        if clash {
            return false;
        }
        self.commands.extend(group.appends.iter().map(|append| (tenant, append.command.id)));
        let keys = group.appends.iter().flat_map(|append| &append.new_keys);
        self.keys.extend(keys.map(|key| (tenant, key.subject)));
        self.claims.extend(group.claims.iter().map(|(_, claim)| (tenant, name(claim))));
        self.referenced.extend(group.references.iter().map(|(_, id, _)| (tenant, *id)));
        true
    }
}

fn name(claim: &NetClaim) -> String {
    match claim {
        NetClaim::Take { scope, key, .. } | NetClaim::Release { scope, key } => {
            format!("{scope} {key}")
        }
        NetClaim::Numbers { series, .. } => series.clone(),
    }
}

/// The arguments of one call: an array per column.
#[derive(Default)]
pub(super) struct Arguments<'a> {
    tenants: Vec<Uuid>,
    streams: Vec<Uuid>,
    stream_types: Vec<&'a str>,
    expected: Vec<i64>,
    priors: Vec<i64>,
    counts: Vec<i32>,
    groups: Vec<Option<i32>>,
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
    claim_counts: Vec<Option<i64>>,
    claim_holders: Vec<Option<Uuid>>,
    claim_releasers: Vec<Option<String>>,

    reference_appends: Vec<i32>,
    reference_streams: Vec<Uuid>,
    reference_versions: Vec<i64>,

    key_appends: Vec<i32>,
    key_subjects: Vec<Uuid>,
    wrapped_keys: Vec<&'a [u8]>,
    tenant_keys: Vec<i32>,

    subject_appends: Vec<i32>,
    subject_places: Vec<i32>,
    subjects: Vec<Uuid>,
}

impl<'a> Arguments<'a> {
    pub(super) fn of(groups: impl Iterator<Item = &'a Group>) -> Self {
        let mut arguments = Self::default();
        for group in groups {
            arguments.add_group(group);
        }
        arguments
    }

    fn add_group(&mut self, group: &'a Group) {
        let first = i32::try_from(self.tenants.len()).unwrap_or(i32::MAX) + 1;
        let company = (group.appends.len() > 1).then_some(first);
        for (append, prior) in group.appends.iter().zip(&group.priors) {
            self.add(append, *prior, company);
        }
        let place = |index: usize| first + i32::try_from(index).unwrap_or(i32::MAX);
        for (index, claim) in &group.claims {
            self.add_claim(place(*index), claim);
        }
        for (index, stream, version) in &group.references {
            self.reference_appends.push(place(*index));
            self.reference_streams.push(uuid(*stream));
            self.reference_versions.push(number(*version));
        }
    }

    fn add(&mut self, append: &'a Append, prior: u64, company: Option<i32>) {
        let command = &append.command;
        self.tenants.push(uuid(append.tenant));
        self.streams.push(uuid(append.stream));
        self.stream_types.push(append.stream_type);
        self.expected.push(number(append.expected - prior));
        self.priors.push(number(prior));
        self.counts.push(i32::try_from(append.events.len()).unwrap_or(i32::MAX));
        self.groups.push(company);
        self.command_ids.push(uuid(command.id));
        self.request_hashes.push(command.request_hash.as_ref().map(<[u8; 32]>::as_slice));
        self.occurred_at.push(command.occurred_at.into());
        self.actors.push(command.actor.to_string());
        self.correlation_ids.push(uuid(command.correlation_id));
        self.causation_ids.push(command.causation_id.map(uuid));
        self.trace_parents.push(command.trace_parent.as_deref());
        self.metadata.push(read::metadata(command));
        let place = i32::try_from(self.tenants.len()).unwrap_or(i32::MAX);
        for (event_place, event) in (1..).zip(&append.events) {
            self.event_appends.push(place);
            self.event_places.push(event_place);
            self.event_ids.push(uuid(event.id));
            self.event_types.push(format!("{}.{}", append.stream_type, event.name));
            self.schema_versions.push(i16::try_from(event.schema_version).unwrap_or(i16::MAX));
            let sealed = !event.subjects.is_empty();
            self.codecs.push(if sealed { SEALED_MESSAGE_PACK } else { NAMED_MESSAGE_PACK });
            self.payloads.push(&event.payload);
            for (nth, subject) in event.subjects.iter().enumerate() {
                if event.subjects.iter().take(nth).all(|earlier| earlier != subject) {
                    self.subject_appends.push(place);
                    self.subject_places.push(event_place);
                    self.subjects.push(uuid(*subject));
                }
            }
        }
        for key in &append.new_keys {
            self.key_appends.push(place);
            self.key_subjects.push(uuid(key.subject));
            self.wrapped_keys.push(&key.wrapped);
            self.tenant_keys.push(key.tenant_key);
        }
    }

    fn add_claim(&mut self, place: i32, claim: &'a NetClaim) {
        self.claim_appends.push(place);
        let (kind, scope, key) = match claim {
            NetClaim::Take { scope, key, .. } => (b't', *scope, key.as_str()),
            NetClaim::Release { scope, key } => (b'r', *scope, key.as_str()),
            NetClaim::Numbers { series, .. } => (b'n', series.as_str(), ""),
        };
        self.claim_kinds.push(kind.cast_signed());
        self.claim_scopes.push(scope);
        self.claim_keys.push(key);
        let (first, count) = match claim {
            NetClaim::Numbers { first, count, .. } => (Some(*first), Some(*count)),
            _ => (None, None),
        };
        self.claim_numbers.push(first.map(number));
        self.claim_counts.push(count.map(number));
        let (holder, releasers) = match claim {
            NetClaim::Take { holder, releasers, .. } => (holder.map(uuid), releasers.as_slice()),
            _ => (None, [].as_slice()),
        };
        self.claim_holders.push(holder);
        let releasers: Vec<_> = releasers.iter().map(|id| uuid(*id).to_string()).collect();
        self.claim_releasers.push((!releasers.is_empty()).then(|| releasers.join(",")));
    }

    /// In the order of `append.sql`.
    pub(super) fn params<'b>(&'b self, skip_locked: &'b bool) -> [&'b (dyn ToSql + Sync); 41] {
        [
            skip_locked,
            &self.tenants,
            &self.streams,
            &self.stream_types,
            &self.expected,
            &self.priors,
            &self.counts,
            &self.groups,
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
            &self.claim_counts,
            &self.claim_holders,
            &self.claim_releasers,
            &self.reference_appends,
            &self.reference_streams,
            &self.reference_versions,
            &self.key_appends,
            &self.key_subjects,
            &self.wrapped_keys,
            &self.tenant_keys,
            &self.subject_appends,
            &self.subject_places,
            &self.subjects,
        ]
    }
}

/// What the log answers to one call: an array per column.
#[derive(Default)]
pub(super) struct Verdicts {
    letters: Vec<i8>,
    versions: Vec<Option<i64>>,
    first_positions: Vec<Option<i64>>,
    last_positions: Vec<Option<i64>>,
    recorded_at: Vec<Option<DateTime<Utc>>>,
    details: Vec<Option<String>>,
}

impl Verdicts {
    pub(super) fn read(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            letters: row.try_get(0)?,
            versions: row.try_get(1)?,
            first_positions: row.try_get(2)?,
            last_positions: row.try_get(3)?,
            recorded_at: row.try_get(4)?,
            details: row.try_get(5)?,
        })
    }

    /// Whether somebody else holds the log of the append at this place.
    pub(super) fn locked(&self, place: usize) -> bool {
        self.letters.get(place).is_some_and(|letter| letter.cast_unsigned() == b'b')
    }

    /// The verdict on one append, by its place in the call, counted from zero.
    pub(super) fn of(&self, place: usize, append: &Append) -> Verdict {
        fn at<T: Clone>(column: &[Option<T>], place: usize) -> Option<T> {
            column.get(place).cloned().flatten()
        }
        let version = unsigned(at(&self.versions, place).unwrap_or(0));
        let detail = || at(&self.details, place).unwrap_or_default();
        let appended = |duplicate| Appended {
            version,
            first_position: unsigned(at(&self.first_positions, place).unwrap_or(0)),
            last_position: unsigned(at(&self.last_positions, place).unwrap_or(0)),
            recorded_at: at(&self.recorded_at, place).unwrap_or_default().into(),
            duplicate,
        };
        let Some(letter) = self.letters.get(place) else {
            return Verdict::Refused(AppendError::Fault("the log gave no verdict".to_owned()));
        };
        Verdict::Refused(match letter.cast_unsigned() {
            b's' | b'g' => return Verdict::Fine(appended(false)),
            b'd' => return Verdict::Duplicate(appended(true)),
            b'h' => AppendError::CommandIdReused(append.command.id),
            b'v' => AppendError::Conflict { expected: append.expected, actual: version },
            b'c' => {
                let claim = detail();
                let (scope, key) = claim.split_once(' ').unwrap_or((&claim, ""));
                AppendError::ClaimTaken { scope: scope.to_owned(), key: key.to_owned() }
            }
            b'n' => AppendError::NumberTaken(detail()),
            b'r' => AppendError::ReferenceChanged,
            b'k' => AppendError::KeyExists(detail().parse().map(ulid).unwrap_or_default()),
            b't' => AppendError::UnknownTenant(append.tenant),
            b'b' => AppendError::Unavailable("the tenant's log is locked".to_owned()),
            other => AppendError::Fault(format!("unknown verdict {}", char::from(other))),
        })
    }
}
