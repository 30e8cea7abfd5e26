//! Whose turn it is to read.
//!
//! All requests of a process share the connections of one pool. Who is
//! admitted first come, first served, lets a tenant that asks a hundred slow
//! things at once keep everybody else waiting. So connections are given out by
//! tenant:
//!
//! - A tenant takes another connection only while enough are free for others:
//!   the more it holds, the more have to be left. The last one is for a tenant
//!   that holds none, so a newcomer need not wait for those who were there.
//! - One that is given back goes to the waiting tenant that holds the fewest,
//!   among equals to the one whose last turn is longest ago.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;
use ulid::Ulid;

/// How many connections a tenant may hold for each that it leaves, beyond the
/// last.
const EACH: usize = 3;

/// The connections there are, and who waits for one.
#[derive(Clone)]
pub(crate) struct Turns(Arc<Mutex<Shares>>);

/// The right to one connection, given back when dropped.
pub(crate) struct Turn {
    turns: Turns,
    tenant: Ulid,
}

struct Shares {
    free: usize,
    /// How many turns were given, and tenants came for one, so far.
    clock: u64,
    /// Tenants that hold connections or wait for them.
    tenants: HashMap<Ulid, Share>,
}

#[derive(Default)]
struct Share {
    held: usize,
    /// When it was given its last turn, or came for the first.
    last: u64,
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

impl Turns {
    /// Turns on so many connections.
    pub(crate) fn new(connections: usize) -> Self {
        let shares = Shares { free: connections.max(1), clock: 0, tenants: HashMap::new() };
        Self(Arc::new(Mutex::new(shares)))
    }

    /// Waits for a connection. Whoever stops waiting is passed over.
    pub(crate) async fn take(&self, tenant: Ulid) -> Turn {
        let waiting = {
            let mut shares = self.shares();
            let share = shares.of(tenant);
            let (held, is_first) = (share.held, share.waiting.is_empty());
            if is_first && shares.may_take(held) {
                shares.give(tenant);
                return Turn { turns: self.clone(), tenant };
            }
            let (give, waiting) = oneshot::channel();
            shares.of(tenant).waiting.push_back(give);
            waiting
        };
        match waiting.await {
            Ok(turn) => turn,
            // Senders are only dropped where nobody waits any more.
            Err(_) => std::future::pending().await,
        }
    }

    /// Gives out what is free.
    fn pass_on(&self) {
        loop {
            // A turn that nobody takes comes back here: not while this holds
            // the lock.
            let (give, turn) = {
                let mut shares = self.shares();
                let Some((tenant, give)) = shares.next() else { return };
                shares.give(tenant);
                (give, Turn { turns: self.clone(), tenant })
            };
            drop(give.send(turn));
        }
    }

    fn shares(&self) -> MutexGuard<'_, Shares> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shares {
    /// Whether a tenant that holds so many may take one more.
    fn may_take(&self, held: usize) -> bool {
        self.free.checked_sub(1).is_some_and(|left| held <= left.saturating_mul(EACH))
            && (held == 0 || self.free > 1)
    }

    /// The waiting tenant whose turn it is, and who is first of it, if there is a
    /// connection. Of those who have stopped waiting only such are noticed and
    /// forgotten whose turn it would be: nobody else goes through them all.
    fn next(&mut self) -> Option<(Ulid, oneshot::Sender<Turn>)> {
        loop {
            let waiting = self.tenants.iter().filter(|(_, share)| !share.waiting.is_empty());
            let (tenant, share) = waiting.min_by_key(|(_, share)| (share.held, share.last))?;
            let (tenant, may_take) = (*tenant, self.may_take(share.held));
            let share = self.of(tenant);
            while share.waiting.front().is_some_and(oneshot::Sender::is_closed) {
                share.waiting.pop_front();
            }
            if share.waiting.is_empty() {
                self.forget_idle(tenant);
            } else if may_take {
                return share.waiting.pop_front().map(|give| (tenant, give));
            } else {
                return None;
            }
        }
    }

    /// Forgets a tenant that neither holds a connection nor waits for one.
    fn forget_idle(&mut self, tenant: Ulid) {
        if self.tenants.get(&tenant).is_some_and(|it| it.held == 0 && it.waiting.is_empty()) {
            self.tenants.remove(&tenant);
        }
    }

    fn of(&mut self, tenant: Ulid) -> &mut Share {
        self.clock += 1;
        let last = self.clock;
        self.tenants.entry(tenant).or_insert_with(|| Share { last, ..Share::default() })
    }

    fn give(&mut self, tenant: Ulid) {
        self.free -= 1;
        let now = self.clock + 1;
        let share = self.of(tenant);
        share.held += 1;
        share.last = now;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        {
            let mut shares = self.turns.shares();
            shares.free += 1;
            if let Some(share) = shares.tenants.get_mut(&self.tenant) {
                share.held -= 1;
            }
            shares.forget_idle(self.tenant);
        }
        self.turns.pass_on();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const ONE: Ulid = Ulid(1);
    const OTHER: Ulid = Ulid(2);
    const THIRD: Ulid = Ulid(3);

    /// Takes as many turns as there are to be had at once.
    fn all(turns: &Turns, tenant: Ulid) -> Vec<Turn> {
        std::iter::from_fn(|| turns.take(tenant).now_or_never()).take(100).collect()
    }

    #[test]
    fn a_tenant_alone_leaves_room_for_others() {
        for (connections, most) in [(1, 1), (2, 1), (4, 3), (10, 7), (16, 12)] {
            let turns = Turns::new(connections);
            let held = all(&turns, ONE);
            assert_eq!(held.len(), most, "of {connections}");
            if connections > 1 {
                assert!(turns.take(OTHER).now_or_never().is_some());
            }
        }
    }

    #[test]
    fn the_last_connection_is_for_a_newcomer() {
        let turns = Turns::new(10);
        let (one, other) = (all(&turns, ONE), all(&turns, OTHER));
        assert_eq!(one.len() + other.len(), 9);
        assert!(turns.take(ONE).now_or_never().is_none());
        assert!(turns.take(OTHER).now_or_never().is_none());
        assert!(turns.take(THIRD).now_or_never().is_some());
    }

    #[tokio::test]
    async fn who_holds_the_fewest_is_next() {
        let turns = Turns::new(2);
        let (one, other) = (turns.take(ONE).await, turns.take(OTHER).await);
        let mut flood: Vec<_> = (0..50).map(|_| Box::pin(turns.take(ONE))).collect();
        for waiting in &mut flood {
            assert!(waiting.now_or_never().is_none());
        }
        let mut late = Box::pin(turns.take(THIRD));
        assert!((&mut late).now_or_never().is_none());
        drop(other);
        let third = late.now_or_never().expect("whoever holds none goes before fifty of another");
        drop((one, third));
        assert!(flood.iter_mut().any(|waiting| waiting.now_or_never().is_some()));
    }

    #[tokio::test]
    async fn who_has_stopped_waiting_is_passed_over_and_forgotten() {
        let turns = Turns::new(1);
        let held = turns.take(ONE).await;
        let mut gone: Vec<_> = (0..20).map(|_| Box::pin(turns.take(OTHER))).collect();
        for waiting in &mut gone {
            assert!(waiting.now_or_never().is_none());
        }
        let mut late = Box::pin(turns.take(OTHER));
        assert!((&mut late).now_or_never().is_none());
        drop(gone);
        drop(held);
        drop(late.now_or_never().expect("those before it do not wait any more"));
        let shares = turns.shares();
        assert_eq!((shares.free, shares.tenants.len()), (1, 0));
    }

    #[tokio::test]
    async fn whoever_stops_waiting_loses_nobody_a_connection() {
        let turns = Turns::new(1);
        let held = turns.take(ONE).await;
        let mut waiting = Box::pin(turns.take(OTHER));
        assert!((&mut waiting).now_or_never().is_none());
        let mut gone = Box::pin(turns.take(THIRD));
        assert!((&mut gone).now_or_never().is_none());
        drop(held);
        // It is its turn, but it does not look any more.
        drop(waiting);
        drop(gone.now_or_never().expect("the turn is passed on"));
        let _held = turns.take(ONE).now_or_never().expect("nobody holds it");
        let shares = turns.shares();
        assert_eq!((shares.free, shares.tenants.len()), (0, 1));
    }
}
