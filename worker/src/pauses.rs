//! When what failed may be tried again.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use ulid::Ulid;

/// What has failed in a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Failing {
    /// A reaction, by its place in the registry.
    Reaction(Ulid, usize),
    /// A timer.
    Timer(Ulid, Ulid, String),
    /// The whole tenant could not be served.
    Tenant(Ulid),
}

/// Remembers failures of this process. Another one, or this one after a
/// restart, may try at once: nobody knows whether it would fail too.
#[derive(Debug)]
pub(crate) struct Pauses {
    first: Duration,
    longest: Duration,
    known: Mutex<HashMap<Failing, Pause>>,
}

#[derive(Debug)]
struct Pause {
    attempts: u32,
    until: Instant,
}

impl Pauses {
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, known: Mutex::default() }
    }

    /// Whether it is too early to try again.
    pub(crate) fn holds(&self, failing: &Failing) -> bool {
        self.holds_at(failing, Instant::now())
    }

    fn holds_at(&self, failing: &Failing, now: Instant) -> bool {
        self.known().get(failing).is_some_and(|pause| pause.until > now)
    }

    /// It failed; the answer is how often it has in a row.
    pub(crate) fn failed(&self, failing: Failing) -> u32 {
        self.failed_at(failing, Instant::now())
    }

    fn failed_at(&self, failing: Failing, now: Instant) -> u32 {
        let jitter = jitter(&failing);
        let mut known = self.known();
        let pause = known.entry(failing).or_insert(Pause { attempts: 0, until: now });
        let doubled = self.first.saturating_mul(1 << pause.attempts.min(20)).min(self.longest);
        pause.attempts = pause.attempts.saturating_add(1);
        pause.until = now + doubled.mul_f64(jitter);
        pause.attempts
    }

    /// It went well.
    pub(crate) fn over(&self, failing: &Failing) {
        self.known().remove(failing);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Failing, Pause>> {
        // Nothing panics while the lock is held.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Between 0.75 and 1.25, so that what failed together is not tried together.
fn jitter(failing: &Failing) -> f64 {
    let mut hasher = DefaultHasher::new();
    failing.hash(&mut hasher);
    let hundredth = u32::try_from(hasher.finish() % 51).unwrap_or(25);
    0.75 + f64::from(hundredth) / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit_and_end_with_a_success() {
        let pauses = Pauses::new(Duration::from_secs(1), Duration::from_secs(4));
        let failing = Failing::Tenant(Ulid(7));
        let mut now = Instant::now();
        assert!(!pauses.holds_at(&failing, now));
        for (attempt, seconds) in (1..).zip([1.0, 2.0, 4.0, 4.0]) {
            assert_eq!(pauses.failed_at(failing.clone(), now), attempt);
            now += Duration::from_secs_f64(seconds * 0.74);
            assert!(pauses.holds_at(&failing, now), "attempt {attempt}");
            now += Duration::from_secs_f64(seconds * 0.52);
            assert!(!pauses.holds_at(&failing, now), "attempt {attempt}");
        }
        pauses.over(&failing);
        assert_eq!(pauses.failed_at(failing, now), 1);
    }
}
