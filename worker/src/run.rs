//! A worker that runs until it is told to stop.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use event_store::{Subscription, Wake, pg::Tending};
use service::shutdown::Shutdown;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};
use ulid::Ulid;

use crate::{Worker, worker::Progress};

/// How often queues are measured.
const MEASURE: Duration = Duration::from_secs(5);
/// How often old outcomes are looked for, and again after that failed.
const FORGET: Duration = Duration::from_hours(1);
const FORGET_AGAIN: Duration = Duration::from_mins(1);
/// How much longer a tenant may be left alone than at first.
const LONGEST_REST: u32 = 16;

/// Works until the end begins, then finishes what is under way and gives back
/// what it has under leases.
pub async fn run(worker: Arc<Worker>, shutdown: Shutdown) {
    let mut running = Running {
        wakes: worker.commands.log().subscribe(),
        turns: Waiting::default(),
        serving: JoinSet::new(),
        tending: Tending::begin(worker.leases.clone()),
        measured: Instant::now(),
        forget_at: Instant::now(),
        worker,
    };
    while shutdown.or(running.go_on()).await.is_some() {}
    while running.serving.join_next().await.is_some() {}
    running.tending.end().await;
}

struct Running {
    worker: Arc<Worker>,
    wakes: Subscription,
    turns: Waiting,
    serving: JoinSet<(Ulid, Progress)>,
    tending: Tending,
    measured: Instant,
    forget_at: Instant,
}

impl Running {
    /// Starts what can be started, and waits for the next thing to happen.
    async fn go_on(&mut self) {
        while self.serving.len() < self.worker.settings.tenants
            && let Some(tenant) = self.turns.next(Instant::now())
        {
            let worker = self.worker.clone();
            self.serving.spawn(async move { (tenant, worker.serve(tenant).await) });
        }
        let full = self.serving.len() >= self.worker.settings.tenants;
        let ready_at = self.turns.ready_at().filter(|_| !full);
        tokio::select! {
            Some(served) = self.serving.join_next() => match served {
                Ok((tenant, progress)) => {
                    self.turns.served(tenant, progress, self.worker.settings.rest);
                }
                Err(error) => tracing::error!(%error, "a tenant's turn broke off"),
            },
            wake = self.wakes.next() => match wake {
                Wake::Tenants(tenants) => tenants.iter().for_each(|one| self.turns.wake(*one)),
                Wake::All => self.look_around().await,
            },
            () = self.tending.changed() => self.look_around().await,
            () = sleep_until(ready_at.unwrap_or_else(Instant::now)), if ready_at.is_some() => {}
        }
    }

    async fn look_around(&mut self) {
        let started = Instant::now();
        match self.worker.behind().await {
            Ok(tenants) => {
                self.wakes.looked(started.elapsed());
                for tenant in tenants {
                    self.turns.wake(tenant);
                }
            }
            Err(error) => tracing::warn!(%error, "cannot look for work, trying again"),
        }
        if self.measured.elapsed() >= MEASURE {
            self.measured = Instant::now();
            if let Err(error) = self.worker.measure().await {
                tracing::warn!(%error, "cannot measure the queues");
            }
        }
        if Instant::now() >= self.forget_at {
            let forgotten = self.worker.forget_outcomes().await;
            self.forget_at = Instant::now() + if forgotten.is_ok() { FORGET } else { FORGET_AGAIN };
            if let Err(error) = forgotten {
                tracing::warn!(%error, "cannot forget old outcomes, trying again");
            }
        }
    }
}

/// Tenants that wait for their turn. Each comes once, however often it was
/// woken; one that was served and has more to do comes after all that wait.
#[derive(Default)]
struct Waiting {
    /// By the time from which they may come, first come first.
    queue: BTreeMap<(Instant, u64), Ulid>,
    known: BTreeMap<Ulid, Tenant>,
    arrivals: u64,
}

#[derive(Default)]
struct Tenant {
    /// Whether it stands in the queue.
    queued: bool,
    /// Whether it has its turn.
    serving: bool,
    /// Whether it was woken during its turn.
    again: bool,
    /// Before when it is left alone.
    rests_until: Option<Instant>,
    /// How long it was left alone after its last turn.
    rested: Duration,
}

impl Waiting {
    fn wake(&mut self, id: Ulid) {
        let tenant = self.known.entry(id).or_default();
        if tenant.serving {
            tenant.again = true;
        } else if !tenant.queued {
            tenant.queued = true;
            self.arrivals += 1;
            let now = Instant::now();
            let from = tenant.rests_until.map_or(now, |until| until.max(now));
            self.queue.insert((from, self.arrivals), id);
        }
    }

    /// The next tenant that may come now.
    fn next(&mut self, now: Instant) -> Option<Ulid> {
        let first = self.queue.first_entry().filter(|entry| entry.key().0 <= now)?;
        let id = first.remove();
        let tenant = self.known.entry(id).or_default();
        tenant.queued = false;
        tenant.serving = true;
        Some(id)
    }

    /// When the next tenant may come.
    fn ready_at(&self) -> Option<Instant> {
        self.queue.first_key_value().map(|((ready_at, _), _)| *ready_at)
    }

    /// A tenant's turn is over. One whose events called for nothing rests for
    /// a while: it is looked at again, but not at every single event.
    fn served(&mut self, id: Ulid, progress: Progress, rest: Duration) {
        let Some(tenant) = self.known.get_mut(&id) else { return };
        tenant.serving = false;
        let fruitful = progress.more || progress.commands > 0 || progress.timers > 0;
        let next = if fruitful { Duration::ZERO } else { (tenant.rested * 2).max(rest) };
        tenant.rested = next.min(rest * LONGEST_REST);
        tenant.rests_until = Some(Instant::now() + tenant.rested);
        let again = std::mem::take(&mut tenant.again) || progress.more;
        if again {
            self.wake(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Duration = Duration::from_millis(10);

    fn busy() -> Progress {
        Progress { commands: 10, more: true, ..Progress::default() }
    }

    #[test]
    fn a_busy_tenant_comes_after_all_that_wait() {
        let mut waiting = Waiting::default();
        let [one, two, three] = [1, 2, 3].map(Ulid);
        for tenant in [one, two, one, three] {
            waiting.wake(tenant);
        }
        let mut order = vec![];
        for _ in 0..5 {
            let next = waiting.next(Instant::now()).unwrap();
            order.push(next);
            let progress = if next == one { busy() } else { Progress::default() };
            waiting.served(next, progress, REST);
        }
        assert_eq!(order, [one, two, three, one, one]);
    }

    #[test]
    fn a_tenant_whose_events_call_for_nothing_is_left_alone_for_a_while() {
        let mut waiting = Waiting::default();
        let tenant = Ulid(1);
        for rest in [10, 20, 40, 80, 160, 160] {
            waiting.wake(tenant);
            let ready_at = waiting.ready_at().unwrap();
            assert_eq!(waiting.next(ready_at), Some(tenant));
            // Woken during its turn, it comes again, but not at once.
            waiting.wake(tenant);
            let before = Instant::now();
            waiting.served(tenant, Progress::default(), REST);
            assert_eq!(waiting.next(before), None);
            let wait = waiting.ready_at().unwrap() - before;
            assert!(wait >= Duration::from_millis(rest), "{wait:?} of {rest} ms");
        }
        let ready_at = waiting.ready_at().unwrap();
        assert_eq!(waiting.next(ready_at), Some(tenant));
        waiting.served(tenant, busy(), REST);
        assert_eq!(waiting.next(Instant::now()), Some(tenant));
    }
}
