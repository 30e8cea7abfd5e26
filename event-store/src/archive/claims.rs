//! What a tenant's streams hold at a moment of the past.
//!
//! The tables of claims and series know the present only. What was so earlier
//! follows from the events, which say what they take and release.
//!
//! One thing does not follow: an event whose personal data cannot be read, for
//! want of a key, does not say which value it took. The table still knows. So a
//! claim of the present that no event that can be read has taken counts as held
//! from its stream's beginning.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use domain::kernel::{AnyRecorded, Claim, Registry};
use serde_json::json;
use ulid::Ulid;

use crate::{keys::Matcher, pg::uuid};

/// A value, as scope and key.
pub(super) type Value = (String, String);

impl Held {
    /// The claims as rows of their table, in JSON.
    pub(super) fn claim_rows(&self) -> Vec<String> {
        let row = |((scope, key), stream): (&Value, &Ulid)| {
            json!({ "scope": scope, "key": key, "stream_id": uuid(*stream) }).to_string()
        };
        self.claims.iter().map(row).collect()
    }

    /// The series as rows of their table, in JSON.
    pub(super) fn series_rows(&self) -> Vec<String> {
        let row = |(series, last_number): (&String, &u64)| {
            json!({ "series": series, "last_number": last_number }).to_string()
        };
        self.series.iter().map(row).collect()
    }
}

/// Folds events, in the order of their positions, into what they hold.
pub(super) struct ClaimFold {
    until: u64,
    /// Hashes personal values as the log does.
    matcher: Option<Matcher>,
    held: BTreeMap<Value, Ulid>,
    series: BTreeMap<String, u64>,
    /// The streams there are at that moment.
    streams: HashSet<Ulid>,
    /// All values any event says it takes, later ones too.
    named: BTreeSet<Value>,
}

/// What is held at a moment.
#[derive(Debug, PartialEq)]
pub(super) struct Held {
    /// Values, and the streams that have them.
    pub(super) claims: BTreeMap<Value, Ulid>,
    /// The last numbers of series.
    pub(super) series: BTreeMap<String, u64>,
}

impl ClaimFold {
    /// What is held after the event of a position.
    pub(super) fn at(until: u64, matcher: Option<Matcher>) -> Self {
        Self {
            until,
            matcher,
            held: BTreeMap::new(),
            series: BTreeMap::new(),
            streams: HashSet::new(),
            named: BTreeSet::new(),
        }
    }

    /// Takes the next event in, also those after the moment.
    pub(super) fn take(&mut self, registry: &Registry, event: &AnyRecorded) {
        let envelope = event.envelope();
        let Some(aggregate) = registry.aggregate(&envelope.stream_type) else { return };
        let within = envelope.position <= self.until;
        if within {
            self.streams.insert(envelope.stream_id);
        }
        for mut claim in aggregate.claims(event) {
            match &self.matcher {
                Some(matcher) => matcher.hash(&mut claim),
                // What is personal is stored as a hash or not at all.
                None if claim.is_personal() => continue,
                None => {}
            }
            match claim {
                Claim::Take { scope, key, .. } => {
                    let value = (scope.to_owned(), key);
                    if within {
                        self.held.entry(value.clone()).or_insert(envelope.stream_id);
                    }
                    self.named.insert(value);
                }
                Claim::Release { scope, key, .. } if within => {
                    let value = (scope.to_owned(), key);
                    if self.held.get(&value) == Some(&envelope.stream_id) {
                        self.held.remove(&value);
                    }
                }
                Claim::Number { series, number } if within => {
                    let last = self.series.entry(series).or_default();
                    *last = number.max(*last);
                }
                Claim::Release { .. } | Claim::Number { .. } => {}
            }
        }
    }

    /// What is held, given the claims of the present.
    pub(super) fn held(self, present: impl IntoIterator<Item = (Value, Ulid)>) -> Held {
        let mut claims = self.held;
        for (value, stream) in present {
            if !self.named.contains(&value) && self.streams.contains(&stream) {
                claims.entry(value).or_insert(stream);
            }
        }
        Held { claims, series: self.series }
    }
}
