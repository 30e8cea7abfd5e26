//! Wake-ups: hints that a tenant has something new.

use std::{sync::Arc, time::Duration};

use tokio::{sync::broadcast, time::Instant};
use ulid::Ulid;

/// Whom to wake. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub struct Wakeups {
    sender: broadcast::Sender<Arc<[Ulid]>>,
    poll: Duration,
}

/// Why a subscriber woke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wake {
    /// These tenants have something new.
    Tenants(Arc<[Ulid]>),
    /// It is time to look at all of them: nothing was heard for a while, or
    /// hints were lost.
    All,
}

/// Waits for wake-ups, and for the time to look without one.
#[derive(Debug)]
pub struct Subscription {
    receiver: broadcast::Receiver<Arc<[Ulid]>>,
    poll: Duration,
    next_poll: Instant,
    /// Before when nobody looks at all tenants, not even after hints were lost.
    earliest_poll: Instant,
}

/// How many times as long as a look at all tenants took is waited before the
/// next: looking costs a twentieth of the time at most.
const REST: u32 = 19;

impl Wakeups {
    /// Wake-ups with a poll at least this often.
    #[must_use]
    pub fn new(poll: Duration) -> Self {
        Self { sender: broadcast::channel(1024).0, poll }
    }

    /// Wakes all subscribers.
    pub fn wake(&self, tenants: impl Into<Arc<[Ulid]>>) {
        // That nobody listens is not an error.
        let _ = self.sender.send(tenants.into());
    }

    /// A new subscriber. Its first wake-up is to look at all tenants.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        Subscription {
            receiver: self.sender.subscribe(),
            poll: self.poll,
            next_poll: Instant::now(),
            earliest_poll: Instant::now(),
        }
    }
}

impl Subscription {
    /// Waits for the next wake-up. Dropping the future loses none.
    pub async fn next(&mut self) -> Wake {
        // Asked for by the clock as well: a timer whose time has passed already
        // would come after all hints that are there.
        while Instant::now() < self.next_poll {
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(self.next_poll) => {}
                received = self.receiver.recv() => match received {
                    Ok(tenants) => return Wake::Tenants(tenants),
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        self.next_poll = self.next_poll.min(self.earliest_poll);
                    }
                    Err(broadcast::error::RecvError::Closed) => {
                        tokio::time::sleep_until(self.next_poll).await;
                    }
                },
            }
        }
        self.next_poll = Instant::now() + self.poll;
        Wake::All
    }

    /// Tells how long it took to look at all tenants. The more of them there
    /// are, the longer it takes; so that it never takes more than a small part
    /// of the time, the next look waits in proportion.
    pub fn looked(&mut self, took: Duration) {
        self.earliest_poll = Instant::now() + took * REST;
        self.next_poll = self.next_poll.max(self.earliest_poll);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_long_look_at_all_tenants_is_followed_by_a_longer_rest() {
        let wakeups = Wakeups::new(Duration::ZERO);
        let mut subscription = wakeups.subscribe();
        assert_eq!(subscription.next().await, Wake::All);
        subscription.looked(Duration::from_mins(1));
        wakeups.wake([Ulid(1)]);
        assert_eq!(subscription.next().await, Wake::Tenants([Ulid(1)].into()));
        // Not even hints that were lost are a reason to look at once.
        for _ in 0..2_000 {
            wakeups.wake([Ulid(2)]);
        }
        assert_eq!(subscription.next().await, Wake::Tenants([Ulid(2)].into()));
    }

    #[tokio::test]
    async fn lost_hints_are_made_up_for_by_looking_at_all_tenants() {
        let wakeups = Wakeups::new(Duration::from_mins(10));
        let mut subscription = wakeups.subscribe();
        assert_eq!(subscription.next().await, Wake::All);
        subscription.looked(Duration::ZERO);
        for _ in 0..2_000 {
            wakeups.wake([Ulid(1)]);
        }
        assert_eq!(subscription.next().await, Wake::All);
    }
}
