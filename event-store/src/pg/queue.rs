//! What waits to be stored: a queue per tenant, served in turns.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};
use ulid::Ulid;

use super::{CommitSettings, batch::Used};
use crate::{AppendError, Appended, GroupError, group::Group};

pub(super) type Outcome = Result<Vec<Appended>, GroupError>;

/// How long a tenant is left alone whose log somebody else holds.
const LEFT_ALONE: Duration = Duration::from_millis(50);

/// A group that waits for its verdict.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) tenant: Ulid,
    pub(super) group: Group,
    pub(super) answer: oneshot::Sender<Outcome>,
    pub(super) fate: Arc<Fate>,
}

impl Pending {
    /// Whether anybody still waits for the verdict.
    pub(super) fn is_awaited(&self) -> bool {
        !self.fate.given_up() && !self.answer.is_closed()
    }
}

/// How far a group has come, as seen by who waits and by who sends: exactly one
/// of them decides whether it is sent.
#[derive(Debug, Default)]
pub(super) struct Fate(AtomicU8);

const WAITING: u8 = 0;
const SENT: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Fate {
    /// Whether it is to be sent; not when whoever asked has given up.
    pub(super) fn send(&self) -> bool {
        self.change(WAITING, SENT) || self.0.load(Ordering::SeqCst) == SENT
    }

    /// It was sent, and has certainly left no trace.
    pub(super) fn unsend(&self) {
        self.change(SENT, WAITING);
    }

    /// Whether it will never be sent. False: it may be stored, or will be.
    pub(super) fn give_up(&self) -> bool {
        self.change(WAITING, GIVEN_UP)
    }

    fn given_up(&self) -> bool {
        self.0.load(Ordering::SeqCst) == GIVEN_UP
    }

    fn change(&self, from: u8, to: u8) -> bool {
        self.0.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}

/// How much waits in all queues of a log together.
#[derive(Debug, Default)]
pub(super) struct Load {
    appends: AtomicUsize,
    bytes: AtomicUsize,
}

impl Load {
    pub(super) fn appends(&self) -> usize {
        self.appends.load(Ordering::Relaxed)
    }

    fn add(&self, group: &Group) {
        self.appends.fetch_add(group.appends.len(), Ordering::Relaxed);
        self.bytes.fetch_add(group.bytes(), Ordering::Relaxed);
    }

    fn remove(&self, group: &Group) {
        self.appends.fetch_sub(group.appends.len(), Ordering::Relaxed);
        self.bytes.fetch_sub(group.bytes(), Ordering::Relaxed);
    }
}

/// What one flusher has to do.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Notify,
    load: Arc<Load>,
    settings: CommitSettings,
}

#[derive(Debug, Default)]
struct State {
    tenants: HashMap<Ulid, Waiting>,
    /// Tenants with something waiting: whose turn it is first.
    turns: VecDeque<Ulid>,
    closed: bool,
}

#[derive(Debug, Default)]
struct Waiting {
    groups: VecDeque<Pending>,
    appends: usize,
    /// Somebody else holds the tenant's log: when to look again.
    locked: Option<Instant>,
}

/// What is sent in one call.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) groups: Vec<Pending>,
    /// Whether tenants are among them whose log somebody held a moment ago.
    pub(super) skip_locked: bool,
}

impl Queue {
    pub(super) fn new(settings: CommitSettings, load: Arc<Load>) -> Self {
        Self { state: Mutex::default(), changed: Notify::new(), load, settings }
    }

    /// Adds a group, unless too many wait already.
    pub(super) fn push(&self, pending: Pending) -> Result<(), AppendError> {
        let (appends, bytes) = (pending.group.appends.len(), pending.group.bytes());
        let mut state = self.state();
        if state.closed {
            return Err(AppendError::Unavailable("the log is shutting down".to_owned()));
        }
        let all = self.load.appends();
        let too_many = all + appends > self.settings.queue
            || self.load.bytes.load(Ordering::Relaxed) + bytes > self.settings.queue_bytes;
        if all > 0 && too_many {
            return Err(AppendError::Overloaded(all));
        }
        let own = state.tenants.get(&pending.tenant).map_or(0, |waiting| waiting.appends);
        if own > 0 && own + appends > self.settings.tenant_queue {
            return Err(AppendError::Overloaded(own));
        }
        self.load.add(&pending.group);
        state.add(pending);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Whether so little waits, in all queues, that a call costs more than what
    /// it would carry.
    pub(super) fn is_short(&self) -> bool {
        self.load.appends() < self.settings.batch / 8
    }

    /// Accepts nothing more. What was accepted is still to be taken.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_one();
    }

    /// Waits until there is something to do, and takes it. Nothing when the
    /// queue is closed and empty.
    pub(super) async fn take(&self) -> Option<Batch> {
        loop {
            let (batch, look_again, over) = {
                let mut state = self.state();
                let batch = state.take(&self.settings, &self.load, Instant::now());
                let look_again = state.tenants.values().filter_map(|waiting| waiting.locked).min();
                (batch, look_again, state.closed && state.turns.is_empty())
            };
            if !batch.groups.is_empty() {
                return Some(batch);
            }
            if over {
                return None;
            }
            match look_again {
                Some(at) => {
                    let _ = tokio::time::timeout_at(at, self.changed.notified()).await;
                }
                None => self.changed.notified().await,
            }
        }
    }

    /// Puts back what could not be stored because somebody else holds the
    /// tenant's log, in its old place.
    pub(super) fn put_back(&self, locked: Vec<Pending>) {
        let until = Instant::now() + LEFT_ALONE;
        let mut state = self.state();
        for pending in locked.into_iter().rev() {
            self.load.add(&pending.group);
            state.put_back(pending, until);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while the lock is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, pending: Pending) {
        let tenant = pending.tenant;
        let waiting = self.tenants.entry(tenant).or_default();
        if waiting.groups.is_empty() {
            self.turns.push_back(tenant);
        }
        waiting.appends += pending.group.appends.len();
        waiting.groups.push_back(pending);
    }

    fn put_back(&mut self, pending: Pending, until: Instant) {
        let waiting = self.tenants.entry(pending.tenant).or_default();
        if waiting.groups.is_empty() {
            self.turns.push_back(pending.tenant);
        }
        waiting.locked = Some(until);
        waiting.appends += pending.group.appends.len();
        waiting.groups.push_front(pending);
    }

    /// As many groups as may share one call, one of each tenant in turn. The
    /// others keep their order and wait for the next call.
    fn take(&mut self, settings: &CommitSettings, load: &Load, now: Instant) -> Batch {
        let mut room = Room::of(settings);
        let mut used = Used::default();
        let mut batch = Batch::default();
        let mut round: VecDeque<(Ulid, Scan)> =
            self.turns.drain(..).map(|tenant| (tenant, Scan::default())).collect();
        while !room.is_full()
            && let Some((tenant, mut scan)) = round.pop_front()
        {
            let Some(waiting) = self.tenants.get_mut(&tenant) else { continue };
            let locked = waiting.locked.is_some();
            let left_alone = waiting.locked.is_some_and(|until| until > now);
            waiting.drop_given_up(load);
            let next =
                if left_alone { None } else { waiting.next(&mut scan, &mut room, &mut used) };
            if let Some(pending) = next {
                batch.skip_locked |= locked;
                load.remove(&pending.group);
                batch.groups.push(pending);
                round.push_back((tenant, scan));
            } else {
                self.turns.push_back(tenant);
            }
        }
        // Whoever got nothing, or less than the others, comes first next time.
        self.turns.extend(round.into_iter().map(|(tenant, _)| tenant));
        let Self { tenants, turns, .. } = self;
        turns.retain(|tenant| tenants.get(tenant).is_some_and(|w| !w.groups.is_empty()));
        tenants.retain(|_, waiting| !waiting.groups.is_empty());
        batch
    }
}

/// How far a tenant's queue was looked through for one call.
#[derive(Default)]
struct Scan {
    passed: usize,
    appends: usize,
}

/// What still has room in one call.
struct Room {
    appends: usize,
    tenant_appends: usize,
    bytes: usize,
    is_empty: bool,
}

impl Room {
    fn of(settings: &CommitSettings) -> Self {
        Self {
            appends: settings.batch,
            tenant_appends: settings.tenant_batch,
            bytes: settings.batch_bytes,
            is_empty: true,
        }
    }

    fn is_full(&self) -> bool {
        self.appends == 0
    }

    fn holds(&self, group: &Group, scan: &Scan) -> bool {
        let appends = group.appends.len();
        self.is_empty
            || appends <= self.appends
                && scan.appends + appends <= self.tenant_appends
                && group.bytes() <= self.bytes
    }

    fn put(&mut self, group: &Group, scan: &mut Scan) {
        scan.appends += group.appends.len();
        self.appends = self.appends.saturating_sub(group.appends.len());
        self.bytes = self.bytes.saturating_sub(group.bytes());
        self.is_empty = false;
    }
}

impl Waiting {
    /// Drops groups at the front that nobody waits for any more.
    fn drop_given_up(&mut self, load: &Load) {
        while self.groups.front().is_some_and(|pending| pending.fate.given_up())
            && let Some(pending) = self.groups.pop_front()
        {
            load.remove(&pending.group);
            self.appends -= pending.group.appends.len();
        }
    }

    /// The tenant's next group that may share the call.
    fn next(&mut self, scan: &mut Scan, room: &mut Room, used: &mut Used) -> Option<Pending> {
        // Not all of a long queue for one stream is looked at again and again.
        while scan.passed < 2 * room.tenant_appends
            && let Some(next) = self.groups.get(scan.passed)
        {
            if !room.holds(&next.group, scan) {
                return None;
            }
            if used.admit(&next.group) {
                room.put(&next.group, scan);
                let next = self.groups.remove(scan.passed)?;
                self.appends -= next.group.appends.len();
                self.locked = None;
                return Some(next);
            }
            scan.passed += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests;
