//! What appends come to that are stored together or not at all.
//!
//! Each append of a group is judged as though those before it were stored. What
//! the group says about itself is judged here; what depends on the log is left
//! to it, in a form that does not change while the group is stored: the version
//! a stream has before the first of them, who may hold a value before, and who
//! holds it in the end.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::kernel::Claim;
use ulid::Ulid;

use crate::{Append, AppendError, Appended, GroupError, Limits};

/// Appends of one tenant that are stored together or not at all.
#[derive(Debug)]
pub(crate) struct Group {
    /// The appends, their claims and references taken out.
    pub(crate) appends: Vec<Append>,
    /// Per append, how many events those before it add to its stream.
    pub(crate) priors: Vec<u64>,
    /// What the claims come to, each with the append it is due to.
    pub(crate) claims: Vec<(usize, NetClaim)>,
    /// Streams that the log must have at a version, each with the append that
    /// refers to it.
    pub(crate) references: Vec<(usize, Ulid, u64)>,
}

/// What all claims of a group on one value or series come to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NetClaim {
    /// The append's stream takes a value that is free, its own, or that of a
    /// stream that released it before.
    Take {
        scope: &'static str,
        key: String,
        releasers: Vec<Ulid>,
        /// Who has it in the end.
        holder: Option<Ulid>,
    },
    /// The append's stream releases a value, if it has it.
    Release { scope: &'static str, key: String },
    /// So many numbers of a series, from the first on.
    Numbers { series: String, first: u64, count: u64 },
}

/// What the log says of one append of a group.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It can be stored, or is.
    Fine(Appended),
    /// It was stored before.
    Duplicate(Appended),
    Refused(AppendError),
}

impl Group {
    /// Takes appends together.
    ///
    /// # Errors
    /// When they are too large or contradict each other.
    pub(crate) fn new(mut appends: Vec<Append>, limits: &Limits) -> Result<Self, GroupError> {
        limits.check(&appends)?;
        let mut related = Related::default();
        let mut priors = Vec::with_capacity(appends.len());
        let mut references = vec![];
        let mut claims = vec![];
        let alone = appends.len() == 1;
        for (index, append) in appends.iter_mut().enumerate() {
            let at = |error| GroupError { index, error };
            let referred = std::mem::take(&mut append.references);
            let claimed = std::mem::take(&mut append.claims);
            if alone && claimed.len() <= 1 && append.new_keys.len() <= 1 {
                priors.push(0);
                references.extend(referred.into_iter().map(|(id, version)| (index, id, version)));
                claims.extend(claimed.into_iter().map(|claim| (index, net(claim, append.stream))));
                break;
            }
            let kept = related.refer(referred).map_err(at)?;
            references.extend(kept.map(|(id, version)| (index, id, version)));
            related.meet(append).map_err(at)?;
            priors.push(related.write(append).map_err(at)?);
            for claim in claimed {
                related.claim(index, append.stream, claim).map_err(at)?;
            }
        }
        claims.extend(related.claims());
        Ok(Self { appends, priors, claims, references })
    }

    /// The bytes of all its events.
    pub(crate) fn bytes(&self) -> usize {
        self.appends.iter().map(Append::bytes).sum()
    }

    /// What becomes of the group, given what the log says of each append.
    pub(crate) fn settle(&self, verdicts: Vec<Verdict>) -> Result<Vec<Appended>, GroupError> {
        let duplicate = |verdict: &Verdict| matches!(verdict, Verdict::Duplicate(_));
        let repeated = verdicts.iter().any(duplicate)
            && self.appends.iter().zip(&verdicts).all(|(a, v)| duplicate(v) || leaves_no_trace(a));
        if repeated {
            return Ok(self.first_outcomes(&verdicts));
        }
        let mut outcomes = Vec::with_capacity(verdicts.len());
        for (index, (verdict, append)) in verdicts.into_iter().zip(&self.appends).enumerate() {
            let error = match verdict {
                Verdict::Fine(appended) => {
                    outcomes.push(appended);
                    continue;
                }
                Verdict::Duplicate(_) => AppendError::CommandIdReused(append.command.id),
                Verdict::Refused(error) => error,
            };
            return Err(GroupError { index, error });
        }
        Ok(outcomes)
    }

    fn first_outcomes(&self, verdicts: &[Verdict]) -> Vec<Appended> {
        let known = verdicts.iter().find_map(|verdict| match verdict {
            Verdict::Duplicate(first) => Some(*first),
            _ => None,
        });
        let Some(known) = known else { return vec![] };
        let mut last_position = known.first_position - 1;
        let outcome = |(append, verdict): (&Append, &Verdict)| {
            let outcome = match verdict {
                Verdict::Duplicate(first) => *first,
                _ => Appended {
                    version: append.expected,
                    first_position: last_position + 1,
                    last_position,
                    ..known
                },
            };
            last_position = outcome.last_position;
            outcome
        };
        self.appends.iter().zip(verdicts).map(outcome).collect()
    }
}

/// Whether nothing is written of an append when it is stored.
fn leaves_no_trace(append: &Append) -> bool {
    append.events.is_empty() && append.command.request_hash.is_none()
}

/// A claim that is the only one.
fn net(claim: Claim, stream: Ulid) -> NetClaim {
    match claim {
        Claim::Take { scope, key, .. } => {
            NetClaim::Take { scope, key, releasers: vec![], holder: Some(stream) }
        }
        Claim::Release { scope, key, .. } => NetClaim::Release { scope, key },
        Claim::Number { series, number } => NetClaim::Numbers { series, first: number, count: 1 },
    }
}

/// How the appends of a group hang together.
#[derive(Default)]
struct Related {
    tenant: Option<Ulid>,
    commands: HashSet<Ulid>,
    keys: HashSet<Ulid>,
    /// The versions that streams had before the group, and have by now.
    streams: HashMap<Ulid, (u64, u64)>,
    values: BTreeMap<(&'static str, String), Value>,
    /// The append that drew first, the first number, and how many were drawn.
    series: BTreeMap<String, (usize, u64, u64)>,
}

/// A value that the group claims.
#[derive(Default)]
struct Value {
    /// The append that took it first.
    taken: Option<usize>,
    /// Who has it by now, once it was taken.
    holder: Option<Ulid>,
    /// Who released it before it was taken.
    releasers: Vec<(usize, Ulid)>,
}

impl Related {
    /// The references that only the log can judge: those to streams that no
    /// earlier append writes.
    fn refer(
        &self,
        references: Vec<(Ulid, u64)>,
    ) -> Result<impl Iterator<Item = (Ulid, u64)>, AppendError> {
        let written = |id: &Ulid| self.streams.get(id).map(|(_, now)| *now);
        if references.iter().any(|(id, version)| written(id).is_some_and(|now| now != *version)) {
            return Err(AppendError::ReferenceChanged);
        }
        Ok(references.into_iter().filter(move |(id, _)| written(id).is_none()))
    }

    fn meet(&mut self, append: &Append) -> Result<(), AppendError> {
        if *self.tenant.get_or_insert(append.tenant) != append.tenant {
            let what = "the number of tenants in a group";
            return Err(AppendError::TooLarge { what, actual: 2, limit: 1 });
        }
        if !self.commands.insert(append.command.id) {
            return Err(AppendError::CommandIdReused(append.command.id));
        }
        match append.new_keys.iter().find(|key| !self.keys.insert(key.subject)) {
            Some(key) => Err(AppendError::KeyExists(key.subject)),
            None => Ok(()),
        }
    }

    /// How many events earlier appends add to the stream.
    fn write(&mut self, append: &Append) -> Result<u64, AppendError> {
        let expected = append.expected;
        let (before, now) = self.streams.entry(append.stream).or_insert((expected, expected));
        if *now != expected {
            return Err(AppendError::Conflict { expected, actual: *now });
        }
        *now += append.events.len() as u64;
        Ok(expected - *before)
    }

    fn claim(&mut self, index: usize, stream: Ulid, claim: Claim) -> Result<(), AppendError> {
        match claim {
            Claim::Take { scope, key, .. } => {
                let value = self.values.entry((scope, key.clone())).or_default();
                if value.holder.is_some_and(|holder| holder != stream) {
                    return Err(AppendError::ClaimTaken { scope: scope.to_owned(), key });
                }
                value.taken.get_or_insert(index);
                value.holder = Some(stream);
            }
            Claim::Release { scope, key, .. } => {
                let value = self.values.entry((scope, key)).or_default();
                if value.taken.is_none() {
                    value.releasers.push((index, stream));
                } else if value.holder == Some(stream) {
                    value.holder = None;
                }
            }
            Claim::Number { series, number } => {
                let (_, first, count) =
                    self.series.entry(series.clone()).or_insert((index, number, 0));
                if first.saturating_add(*count) != number {
                    return Err(AppendError::NumberTaken(series));
                }
                *count += 1;
            }
        }
        Ok(())
    }

    fn claims(self) -> Vec<(usize, NetClaim)> {
        let mut claims = vec![];
        for ((scope, key), Value { taken, holder, releasers }) in self.values {
            if let Some(index) = taken {
                let releasers = releasers.into_iter().map(|(_, stream)| stream).collect();
                claims.push((index, NetClaim::Take { scope, key, releasers, holder }));
            } else {
                let release = |(index, _)| (index, NetClaim::Release { scope, key: key.clone() });
                claims.extend(releasers.into_iter().map(release));
            }
        }
        let numbers = self.series.into_iter().map(|(series, (index, first, count))| {
            (index, NetClaim::Numbers { series, first, count })
        });
        claims.extend(numbers);
        claims
    }
}
