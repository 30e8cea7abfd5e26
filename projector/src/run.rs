//! The loop around a projector.

use std::{
    collections::{HashSet, VecDeque},
    time::{Duration, Instant},
};

use event_store::{
    Subscription, Wake,
    pg::{Tending, Trouble},
};
use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::{Projector, StepError};

/// How long to leave the database alone after it failed.
const PAUSE: Duration = Duration::from_millis(500);

/// Folds what comes in until `shutdown`, at which it ends between two
/// transactions and gives back what it has under leases. A database that is away is waited for; a tenant whose log
/// cannot be read keeps no other from being served.
pub async fn run(
    mut projector: Projector,
    mut subscription: Subscription,
    shutdown: CancellationToken,
) {
    let mut tending = Tending::begin(projector.fencing.leases.clone());
    work_until(&mut projector, &mut subscription, &mut tending, &shutdown).await;
    tending.end().await;
}

async fn work_until(
    projector: &mut Projector,
    subscription: &mut Subscription,
    tending: &mut Tending,
    shutdown: &CancellationToken,
) {
    let mut queue = Queue::default();
    let mut trouble = Trouble::default();
    while !shutdown.is_cancelled() {
        let wake = if queue.is_empty() {
            tokio::select! {
                wake = subscription.next() => Some(wake),
                () = tending.changed() => Some(Wake::All),
                () = shutdown.cancelled() => return,
            }
        } else if tending.changed().now_or_never().is_some() {
            Some(Wake::All)
        } else {
            subscription.next().now_or_never()
        };
        if let Err(error) = work(projector, &mut queue, subscription, wake).await {
            if let Some(error) = trouble.news(&error) {
                tracing::error!(error, "the projector cannot go on, trying again meanwhile");
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = shutdown.cancelled() => return,
            }
        }
    }
}

async fn work(
    projector: &mut Projector,
    queue: &mut Queue,
    subscription: &mut Subscription,
    wake: Option<Wake>,
) -> Result<(), StepError> {
    match wake {
        Some(Wake::All) => {
            let started = Instant::now();
            queue.append(projector.tenants_behind().await?);
            subscription.looked(started.elapsed());
        }
        Some(Wake::Tenants(tenants)) => queue.append(tenants.iter().copied()),
        None => {}
    }
    let tenants = queue.take(projector.settings.tenants);
    projector.measures.waiting(queue.len());
    if tenants.is_empty() {
        return Ok(());
    }
    let started = Instant::now();
    match projector.turn(&tenants).await {
        Ok(turn) => {
            projector.pace.took(started.elapsed(), !turn.more.is_empty());
            queue.put_back(turn.left);
            queue.append_far(turn.more);
            Ok(())
        }
        Err(error) => {
            queue.take_apart(tenants);
            Err(error)
        }
    }
}

/// Tenants to be served, each once, in the order in which they came. Those that
/// were served and have more stand apart, and take turns with all the others:
/// whoever has little to do waits for one turn of theirs at most, however many
/// they are and however much they have.
#[derive(Default)]
struct Queue {
    order: VecDeque<Ulid>,
    far: VecDeque<Ulid>,
    waiting: HashSet<Ulid>,
    /// Whether the last turn was of those who stand apart.
    was_far: bool,
    /// How many turns serve a single tenant, to find the one that fails them.
    alone: usize,
}

impl Queue {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many tenants wait, wherever they stand.
    fn len(&self) -> usize {
        self.waiting.len()
    }

    fn append(&mut self, tenants: impl IntoIterator<Item = Ulid>) {
        for tenant in tenants {
            if self.waiting.insert(tenant) {
                self.order.push_back(tenant);
            }
        }
    }

    fn append_far(&mut self, tenants: impl IntoIterator<Item = Ulid>) {
        for tenant in tenants {
            if self.waiting.insert(tenant) {
                self.far.push_back(tenant);
            }
        }
    }

    /// Lets tenants come first for whom there was no room.
    fn put_back(&mut self, tenants: Vec<Ulid>) {
        for tenant in tenants.into_iter().rev() {
            if self.waiting.insert(tenant) {
                let lane = if self.was_far { &mut self.far } else { &mut self.order };
                lane.push_front(tenant);
            }
        }
    }

    /// Lets tenants whose turn failed try it alone. One that was alone is only
    /// tried again when somebody asks for it, or all are looked at.
    fn take_apart(&mut self, tenants: Vec<Ulid>) {
        if tenants.len() > 1 {
            self.alone = tenants.len();
            self.put_back(tenants);
        }
    }

    fn take(&mut self, most: usize) -> Vec<Ulid> {
        let most = if self.alone > 0 { 1 } else { most.max(1) };
        self.alone = self.alone.saturating_sub(1);
        self.was_far = self.order.is_empty() || (!self.was_far && !self.far.is_empty());
        let lane = if self.was_far { &mut self.far } else { &mut self.order };
        let taken: Vec<Ulid> = lane.drain(..most.min(lane.len())).collect();
        for tenant in &taken {
            self.waiting.remove(tenant);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenants(numbers: impl IntoIterator<Item = u128>) -> Vec<Ulid> {
        numbers.into_iter().map(Ulid).collect()
    }

    #[test]
    fn tenants_take_turns() {
        let mut queue = Queue::default();
        queue.append(tenants([1, 2, 1, 3]));
        assert_eq!(queue.take(2), tenants([1, 2]));
        queue.put_back(tenants([2]));
        queue.append(tenants([1, 3]));
        assert_eq!(queue.take(9), tenants([2, 3, 1]));
        assert!(queue.is_empty());
    }

    #[test]
    fn those_who_have_more_keep_nobody_waiting_for_more_than_a_turn() {
        let mut queue = Queue::default();
        queue.append_far(tenants([1, 2, 3]));
        queue.append(tenants([4, 5, 1]));
        assert_eq!(queue.len(), 5);
        assert_eq!(queue.take(2), tenants([1, 2]));
        assert_eq!(queue.len(), 3);
        // There was no room for the second.
        queue.put_back(tenants([2]));
        queue.append_far(tenants([1]));
        assert_eq!(queue.take(2), tenants([4, 5]));
        queue.append(tenants([6]));
        assert_eq!(queue.take(2), tenants([2, 3]));
        assert_eq!(queue.take(2), tenants([6]));
        assert_eq!(queue.take(2), tenants([1]));
        assert!(queue.is_empty());
    }

    #[test]
    fn tenants_that_failed_together_are_tried_alone() {
        let mut queue = Queue::default();
        queue.append(tenants([1, 2, 3, 4]));
        let failed = queue.take(3);
        queue.take_apart(failed);
        assert_eq!(queue.take(3), tenants([1]));
        queue.take_apart(tenants([1]));
        assert_eq!((queue.take(3), queue.take(3)), (tenants([2]), tenants([3])));
        assert_eq!(queue.take(3), tenants([4]));
    }
}
