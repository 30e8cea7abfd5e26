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
}

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
        }
    }
}

impl Subscription {
    /// Waits for the next wake-up. Dropping the future loses none.
    pub async fn next(&mut self) -> Wake {
        let wake = tokio::select! {
            biased;
            () = tokio::time::sleep_until(self.next_poll) => Wake::All,
            received = self.receiver.recv() => match received {
                Ok(tenants) => Wake::Tenants(tenants),
                Err(broadcast::error::RecvError::Lagged(_)) => Wake::All,
                Err(broadcast::error::RecvError::Closed) => {
                    tokio::time::sleep_until(self.next_poll).await;
                    Wake::All
                }
            },
        };
        if wake == Wake::All {
            self.next_poll = Instant::now() + self.poll;
        }
        wake
    }
}
