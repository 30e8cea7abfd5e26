//! The sealing loop: follows all logs, and has each sealed soon after it was
//! written to.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use event_store::{
    Subscription, Wake,
    integrity::{Seal, SealError, Sealer},
};
use opentelemetry::{KeyValue, metrics::Counter};
use service::{shutdown::Shutdown, telemetry::meter};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};
use ulid::Ulid;

use crate::unsealed::Unsealed;

/// How many logs are sealed at once: hashing takes a core, and others want
/// some too.
const AT_ONCE: usize = 2;
/// How often everything is looked at, whether or not anything wakes us.
const LOOK: Duration = Duration::from_secs(5);
/// How much longer than usual a log rests that another sealer takes care of,
/// or that cannot be sealed: it is left to the other, or to people.
const LONG_REST: u32 = 5;

/// How logs are sealed.
#[derive(Clone, Copy, Debug)]
pub struct Sealing {
    /// How long a log rests after it was sealed.
    pub interval: Duration,
    /// How many tenants have a name in metrics, those furthest behind.
    pub labels: usize,
}

/// Seals until the end begins, then finishes what is under way.
pub async fn seal(
    sealer: Sealer,
    pool: deadpool_postgres::Pool,
    wakes: Subscription,
    sealing: Sealing,
    shutdown: Shutdown,
) {
    let mut running = Running {
        wakes,
        queue: Queue::default(),
        serving: JoinSet::new(),
        looks_at: Instant::now(),
        unsealed: Unsealed::new(pool, sealing.labels),
        counters: Counters::new(),
        sealer,
        sealing,
    };
    while shutdown.or(running.go_on()).await.is_some() {}
    while running.serving.join_next().await.is_some() {}
}

struct Running {
    sealer: Sealer,
    sealing: Sealing,
    wakes: Subscription,
    queue: Queue,
    serving: JoinSet<(Ulid, Result<Option<Seal>, SealError>)>,
    looks_at: Instant,
    unsealed: Unsealed,
    counters: Counters,
}

impl Running {
    async fn go_on(&mut self) {
        while self.serving.len() < AT_ONCE
            && let Some(tenant) = self.queue.next(Instant::now())
        {
            let sealer = self.sealer.clone();
            self.serving.spawn(async move { (tenant, sealer.seal(tenant).await) });
        }
        let full = self.serving.len() >= AT_ONCE;
        let ready_at = self.queue.ready_at().filter(|_| !full);
        tokio::select! {
            Some(served) = self.serving.join_next() => match served {
                Ok((tenant, outcome)) => self.served(tenant, outcome),
                Err(error) => tracing::error!(%error, "sealing a log broke off"),
            },
            wake = self.wakes.next() => match wake {
                Wake::Tenants(tenants) => tenants.iter().for_each(|one| self.queue.wake(*one)),
                Wake::All if Instant::now() >= self.looks_at => self.look_around().await,
                Wake::All => {}
            },
            () = sleep_until(ready_at.unwrap_or_else(Instant::now)), if ready_at.is_some() => {}
        }
    }

    fn served(&mut self, tenant: Ulid, outcome: Result<Option<Seal>, SealError>) {
        let interval = self.sealing.interval;
        let (rest, again) = match outcome {
            Ok(Some(seal)) => {
                self.counters.sealed.add(seal.to - seal.from, &[]);
                let more = seal.to < seal.head;
                (if more { Duration::ZERO } else { interval }, more)
            }
            Ok(None) => (interval * LONG_REST, false),
            Err(error) => {
                self.counters.refused(&error);
                if error.is_evidence() {
                    tracing::error!(
                        %error, tenant.id = %tenant,
                        "a log is not what was signed and is not sealed any further; \
                         run `tenantry proof audit`"
                    );
                } else {
                    tracing::warn!(%error, tenant.id = %tenant, "a log could not be sealed");
                }
                (interval * LONG_REST, true)
            }
        };
        self.queue.served(tenant, Instant::now() + rest, again);
    }

    async fn look_around(&mut self) {
        self.looks_at = Instant::now() + LOOK;
        match self.sealer.behind().await {
            Ok(behind) => {
                for one in &behind {
                    self.queue.wake(one.tenant);
                }
                self.unsealed.measure(&behind).await;
            }
            Err(error) => tracing::warn!(%error, "cannot look for logs to seal, trying again"),
        }
    }
}

struct Counters {
    sealed: Counter<u64>,
    failed: Counter<u64>,
}

impl Counters {
    fn new() -> Self {
        let sealed = meter().u64_counter("log_sealed_events_total");
        let failed = meter().u64_counter("log_seal_failures_total");
        Self {
            sealed: sealed.with_description("Events that a checkpoint was signed over.").build(),
            failed: failed
                .with_description("Logs not sealed: reason altered, or unavailable.")
                .build(),
        }
    }

    fn refused(&self, error: &SealError) {
        let reason = if error.is_evidence() { "altered" } else { "unavailable" };
        self.failed.add(1, &[KeyValue::new("reason", reason)]);
    }
}

/// Tenants by the time at which they may come, each once however often it was
/// woken: one that writes much comes as often as one that writes little.
#[derive(Default)]
struct Queue {
    waiting: BTreeMap<(Instant, u64), Ulid>,
    known: HashMap<Ulid, Turn>,
    arrivals: u64,
}

#[derive(Default)]
struct Turn {
    waits: bool,
    serving: bool,
    /// Whether it was woken while it was served.
    again: bool,
    rests_until: Option<Instant>,
}

impl Queue {
    fn wake(&mut self, tenant: Ulid) {
        let turn = self.known.entry(tenant).or_default();
        if turn.serving {
            turn.again = true;
        } else if !turn.waits {
            turn.waits = true;
            self.arrivals += 1;
            let now = Instant::now();
            let from = turn.rests_until.map_or(now, |until| until.max(now));
            self.waiting.insert((from, self.arrivals), tenant);
        }
    }

    fn next(&mut self, now: Instant) -> Option<Ulid> {
        let first = self.waiting.first_entry().filter(|entry| entry.key().0 <= now)?;
        let tenant = first.remove();
        let turn = self.known.entry(tenant).or_default();
        (turn.waits, turn.serving) = (false, true);
        Some(tenant)
    }

    fn ready_at(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|((ready_at, _), _)| *ready_at)
    }

    fn served(&mut self, tenant: Ulid, rests_until: Instant, again: bool) {
        let Some(turn) = self.known.get_mut(&tenant) else { return };
        turn.serving = false;
        turn.rests_until = Some(rests_until);
        if std::mem::take(&mut turn.again) || again {
            self.wake(tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_with_more_to_seal_comes_after_all_that_wait() {
        let mut queue = Queue::default();
        let [one, two, three] = [1, 2, 3].map(Ulid);
        for tenant in [one, two, one, three] {
            queue.wake(tenant);
        }
        let mut order = vec![];
        for _ in 0..5 {
            let next = queue.next(Instant::now()).unwrap();
            order.push(next);
            queue.served(next, Instant::now(), next == one);
        }
        assert_eq!(order, [one, two, three, one, one]);
    }

    #[test]
    fn a_log_rests_after_it_was_sealed() {
        let mut queue = Queue::default();
        let tenant = Ulid(1);
        queue.wake(tenant);
        assert_eq!(queue.next(Instant::now()), Some(tenant));
        queue.wake(tenant);
        let rests_until = Instant::now() + Duration::from_mins(1);
        queue.served(tenant, rests_until, false);
        assert_eq!(queue.next(Instant::now()), None);
        assert_eq!(queue.ready_at(), Some(rests_until));
        assert_eq!(queue.next(rests_until), Some(tenant));
        queue.served(tenant, rests_until, false);
        assert_eq!(queue.ready_at(), None, "nothing woke it");
    }
}
