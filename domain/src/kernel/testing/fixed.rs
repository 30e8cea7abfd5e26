//! What is the same in every test: whose log, whose turn, and what time it is.

use std::sync::Arc;

use ulid::Ulid;

use crate::kernel::{Actor, ActorKind, Date, Envelope, Facts, Id, Kind, Referenced, Timestamp};

/// The time at which all tests begin: 2026-01-15T09:00:00Z, a Thursday.
pub const NOW: Timestamp = Timestamp::from_micros(1_768_467_600_000_000);

/// The tenant whose log the tests write.
pub const TENANT: Ulid = ulid_of("tnt", 1);

/// The `number`th identifier of a kind: the same in every run, and no other
/// kind's. Random commands and events choose from the first three.
#[must_use]
pub const fn id<K: Kind>(number: u64) -> Id<K> {
    Id::new(ulid_of(K::PREFIX, number))
}

/// The identifier that commands address unless a test says otherwise.
#[must_use]
pub const fn target<K: Kind>() -> Id<K> {
    id(1)
}

/// [`NOW`] as a civil date.
#[must_use]
pub fn today() -> Date {
    NOW.date()
}

/// Nine in the morning of a day, when tests do their business.
#[must_use]
pub fn morning_of(date: Date) -> Timestamp {
    date.start().plus_seconds(9 * 3_600)
}

/// The person who acts unless a test says otherwise.
#[must_use]
pub fn somebody() -> Actor {
    person("thandi", &[])
}

/// A person with these roles.
#[must_use]
pub fn person(name: &str, roles: &[&str]) -> Actor {
    Actor {
        kind: ActorKind::User,
        id: name.to_owned(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        impersonator: None,
    }
}

/// The circumstances of the first command to the [`target`].
#[must_use]
pub fn facts<K: Kind>() -> Facts {
    Facts {
        tenant: TENANT,
        target: target::<K>().ulid(),
        actor: somebody(),
        now: NOW,
        command_id: ulid_of("cmd", 1),
        correlation_id: ulid_of("cor", 1),
        causation_id: None,
        reason: None,
        referenced: Referenced::default(),
    }
}

/// The envelope of one event, as brought about by [`facts`].
pub(in crate::kernel) fn envelope(
    stream_type: &str,
    stream_id: Ulid,
    position: u64,
    version: u64,
) -> Envelope {
    Envelope {
        event_id: ulid_of("evt", position),
        tenant: TENANT,
        position,
        stream_type: Arc::from(stream_type),
        stream_id,
        version,
        occurred_at: NOW,
        recorded_at: NOW,
        actor: somebody(),
        command_id: ulid_of("cmd", position),
        correlation_id: ulid_of("cor", 1),
        causation_id: None,
        reason: None,
        trace_parent: None,
    }
}

/// A ULID of the tests' morning that ends in the number for people to read;
/// the prefix before it keeps kinds apart, as streams of all kinds share one
/// space of ids.
pub(super) const fn ulid_of(prefix: &str, number: u64) -> Ulid {
    let mut letters: u128 = 0;
    let mut rest = prefix.as_bytes();
    while let [letter, others @ ..] = rest {
        letters = letters << 8 | *letter as u128;
        rest = others;
    }
    let number = number as u128 & 0xFF_FFFF_FFFF;
    Ulid::from_parts(NOW.micros().unsigned_abs() / 1_000, letters << 40 | number)
}
