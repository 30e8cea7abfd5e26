//! The log in memory: for tests, and as the plainest statement of the rules
//! that the PostgreSQL function keeps with arrays and locks.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use domain::kernel::{Envelope, NAMED_MESSAGE_PACK, Timestamp};
use ulid::Ulid;

use crate::{
    Append, AppendError, Appended, GroupError, Limits, Log, NewEvent, NewKey, ReadError,
    StoredEvent, StoredSnapshot, Subscription, Wakeups,
    group::{Group, NetClaim, Verdict},
};

/// A log that lives as long as the program.
#[derive(Debug)]
pub struct MemoryLog {
    tenants: Mutex<HashMap<Ulid, Tenant>>,
    wakeups: Wakeups,
    limits: Limits,
}

#[derive(Debug, Default)]
struct Tenant {
    events: Vec<StoredEvent>,
    /// The positions of each stream's events.
    streams: HashMap<Ulid, Vec<u64>>,
    commands: HashMap<Ulid, ([u8; 32], Ulid, Appended)>,
    claims: BTreeMap<(String, String), Ulid>,
    series: BTreeMap<String, u64>,
    keys: HashMap<Ulid, NewKey>,
    snapshots: HashMap<Ulid, StoredSnapshot>,
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self {
            tenants: Mutex::default(),
            wakeups: Wakeups::new(Duration::from_millis(500)),
            limits: Limits::default(),
        }
    }
}

impl MemoryLog {
    /// Gives a tenant a log. Without effect if it has one.
    pub fn provision(&self, tenant: Ulid) {
        self.tenants().entry(tenant).or_default();
    }

    fn tenants(&self) -> MutexGuard<'_, HashMap<Ulid, Tenant>> {
        // Nothing panics while the lock is held, so a poisoned lock guards
        // whole appends all the same.
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tenant {
    fn version(&self, stream: Ulid) -> u64 {
        self.streams.get(&stream).map_or(0, |positions| positions.len() as u64)
    }

    fn append(&mut self, group: &Group) -> Result<Vec<Appended>, GroupError> {
        let verdicts = group.appends.iter().enumerate().map(|(index, append)| {
            self.judge(group, index, append).unwrap_or_else(Verdict::Refused)
        });
        let verdicts: Vec<_> = verdicts.collect();
        let fine = verdicts.iter().all(|verdict| matches!(verdict, Verdict::Fine(_)));
        let outcomes = group.settle(verdicts)?;
        if !fine {
            return Ok(outcomes);
        }
        self.settle_claims(group);
        Ok(group.appends.iter().map(|append| self.store(append)).collect())
    }

    fn judge(&self, group: &Group, index: usize, append: &Append) -> Result<Verdict, AppendError> {
        if let Some(asked) = append.command.request_hash
            && let Some((hash, stream, first)) = self.commands.get(&append.command.id)
        {
            return if *hash == asked && *stream == append.stream {
                Ok(Verdict::Duplicate(Appended { duplicate: true, ..*first }))
            } else {
                Err(AppendError::CommandIdReused(append.command.id))
            };
        }
        let prior = group.priors.get(index).copied().unwrap_or(0);
        let actual = self.version(append.stream);
        if actual > append.expected
            && let Some(appended) = self.sent_again(append)
        {
            return Ok(Verdict::Duplicate(appended));
        }
        if actual + prior != append.expected {
            return Err(AppendError::Conflict { expected: append.expected, actual });
        }
        let mut references = group.references.iter().filter(|(referrer, ..)| *referrer == index);
        if references.any(|(_, stream, version)| self.version(*stream) != *version) {
            return Err(AppendError::ReferenceChanged);
        }
        self.check_claims(group, index, append.stream)?;
        match append.new_keys.iter().find(|key| self.keys.contains_key(&key.subject)) {
            Some(key) => Err(AppendError::KeyExists(key.subject)),
            None => Ok(Verdict::Fine(self.appended(append))),
        }
    }

    /// Whether the append's events are there already, one after the other.
    fn sent_again(&self, append: &Append) -> Option<Appended> {
        let next = self.streams.get(&append.stream)?.get(index(append.expected))?;
        let first = &self.events.get(index(next - 1))?.envelope;
        (first.command_id == append.command.id).then(|| Appended {
            version: append.expected + append.events.len() as u64,
            first_position: first.position,
            last_position: first.position + append.events.len() as u64 - 1,
            recorded_at: first.recorded_at,
            duplicate: true,
        })
    }

    fn check_claims(&self, group: &Group, index: usize, stream: Ulid) -> Result<(), AppendError> {
        let claims = || group.claims.iter().filter(|(due, _)| *due == index);
        // A value that is taken stays taken; a number is worth another try.
        // The first is named before the second, as PostgreSQL does.
        for (_, claim) in claims() {
            if let NetClaim::Take { scope, key, releasers, .. } = claim
                && let Some(holder) = self.claims.get(&((*scope).to_owned(), key.clone()))
                && *holder != stream
                && !releasers.contains(holder)
            {
                return Err(AppendError::ClaimTaken {
                    scope: (*scope).to_owned(),
                    key: key.clone(),
                });
            }
        }
        for (_, claim) in claims() {
            if let NetClaim::Numbers { series, first, .. } = claim
                && self.series.get(series).copied().unwrap_or(0) + 1 != *first
            {
                return Err(AppendError::NumberTaken(series.clone()));
            }
        }
        Ok(())
    }

    fn appended(&self, append: &Append) -> Appended {
        let head = self.events.len() as u64;
        let recorded_at = self
            .events
            .last()
            .map_or(append.command.occurred_at, |last| last.envelope.recorded_at)
            .max(append.command.occurred_at);
        Appended {
            version: append.expected + append.events.len() as u64,
            first_position: head + 1,
            last_position: head + append.events.len() as u64,
            recorded_at,
            duplicate: false,
        }
    }

    fn store(&mut self, append: &Append) -> Appended {
        let appended = self.appended(append);
        if let Some(hash) = append.command.request_hash {
            self.commands.insert(append.command.id, (hash, append.stream, appended));
        }
        self.keys.extend(append.new_keys.iter().map(|key| (key.subject, key.clone())));
        let positions = self.streams.entry(append.stream).or_default();
        for (place, event) in (1..).zip(&append.events) {
            let (position, version) =
                (appended.first_position + place - 1, append.expected + place);
            positions.push(position);
            self.events.push(stored(append, event, position, version, appended.recorded_at));
        }
        appended
    }

    fn settle_claims(&mut self, group: &Group) {
        for (index, claim) in &group.claims {
            match claim {
                NetClaim::Take { scope, key, holder, .. } => {
                    let value = ((*scope).to_owned(), key.clone());
                    match holder {
                        Some(holder) => self.claims.insert(value, *holder),
                        None => self.claims.remove(&value),
                    };
                }
                NetClaim::Release { scope, key } => {
                    let key = ((*scope).to_owned(), key.clone());
                    let stream = group.appends.get(*index).map(|append| append.stream);
                    if self.claims.get(&key).copied() == stream {
                        self.claims.remove(&key);
                    }
                }
                NetClaim::Numbers { series, first, count } => {
                    self.series.insert(series.clone(), first + count - 1);
                }
            }
        }
    }
}

fn stored(
    append: &Append,
    event: &NewEvent,
    position: u64,
    version: u64,
    recorded_at: Timestamp,
) -> StoredEvent {
    let command = &append.command;
    StoredEvent {
        envelope: Envelope {
            event_id: event.id,
            tenant: append.tenant,
            position,
            stream_type: Arc::from(append.stream_type),
            stream_id: append.stream,
            version,
            occurred_at: command.occurred_at,
            recorded_at,
            actor: command.actor.clone(),
            command_id: command.id,
            correlation_id: command.correlation_id,
            causation_id: command.causation_id,
            reason: command.reason.clone(),
            trace_parent: command.trace_parent.clone(),
        },
        name: event.name.to_owned(),
        schema_version: event.schema_version,
        codec: NAMED_MESSAGE_PACK,
        payload: event.payload.clone().into(),
    }
}

fn index(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

#[async_trait]
impl Log for MemoryLog {
    async fn append_all(&self, group: Vec<Append>) -> Result<Vec<Appended>, GroupError> {
        let group = Group::new(group, &self.limits)?;
        let Some(id) = group.appends.first().map(|append| append.tenant) else {
            return Ok(vec![]);
        };
        let appended = self
            .tenants()
            .get_mut(&id)
            .ok_or(GroupError { index: 0, error: AppendError::UnknownTenant(id) })
            .and_then(|tenant| tenant.append(&group))?;
        self.wakeups.wake([id]);
        Ok(appended)
    }

    async fn read_stream(
        &self,
        tenant: Ulid,
        stream: Ulid,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, ReadError> {
        let tenants = self.tenants();
        let Some(tenant) = tenants.get(&tenant) else { return Ok(vec![]) };
        let positions = tenant.streams.get(&stream).map(Vec::as_slice).unwrap_or_default();
        Ok(positions
            .iter()
            .skip(index(after_version))
            .take(limit)
            .filter_map(|position| tenant.events.get(index(position - 1)).cloned())
            .collect())
    }

    async fn read_tenant(
        &self,
        tenant: Ulid,
        after_position: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, ReadError> {
        let tenants = self.tenants();
        let events = tenants.get(&tenant).map(|tenant| tenant.events.as_slice());
        let after = events.unwrap_or_default().iter().skip(index(after_position));
        Ok(after.take(limit).cloned().collect())
    }

    async fn head(&self, tenant: Ulid) -> Result<u64, ReadError> {
        Ok(self.tenants().get(&tenant).map_or(0, |tenant| tenant.events.len() as u64))
    }

    async fn series(&self, tenant: Ulid, names: &[String]) -> Result<Vec<u64>, ReadError> {
        let tenants = self.tenants();
        let last = |name| tenants.get(&tenant)?.series.get(name).copied();
        Ok(names.iter().map(|name| last(name).unwrap_or(0)).collect())
    }

    async fn outcome(
        &self,
        tenant: Ulid,
        command_id: Ulid,
    ) -> Result<Option<([u8; 32], Ulid, Appended)>, ReadError> {
        let tenants = self.tenants();
        let known = tenants.get(&tenant).and_then(|tenant| tenant.commands.get(&command_id));
        Ok(known
            .map(|(hash, stream, first)| (*hash, *stream, Appended { duplicate: true, ..*first })))
    }

    async fn snapshot(
        &self,
        tenant: Ulid,
        stream: Ulid,
    ) -> Result<Option<StoredSnapshot>, ReadError> {
        let tenants = self.tenants();
        Ok(tenants.get(&tenant).and_then(|tenant| tenant.snapshots.get(&stream).cloned()))
    }

    async fn store_snapshot(
        &self,
        tenant: Ulid,
        stream: Ulid,
        snapshot: StoredSnapshot,
    ) -> Result<(), ReadError> {
        if let Some(tenant) = self.tenants().get_mut(&tenant) {
            tenant.snapshots.insert(stream, snapshot);
        }
        Ok(())
    }

    fn subscribe(&self) -> Subscription {
        self.wakeups.subscribe()
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::contract;

    #[tokio::test]
    async fn memory_keeps_the_contract() {
        let log = Arc::new(MemoryLog::default());
        let provision = || async {
            let tenant = Ulid::generate();
            log.provision(tenant);
            tenant
        };
        contract::all(log.clone(), provision).await;
    }
}
