//! The loop around a projector.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use event_store::{Subscription, Wake, pg::Held};
use futures_util::{FutureExt, future::OptionFuture};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use ulid::Ulid;

use crate::{Projector, StepError};

/// How long to leave the database alone after it failed.
const PAUSE: Duration = Duration::from_millis(500);
/// How often the same trouble is told again while it lasts.
const REMINDER: Duration = Duration::from_mins(1);

/// Folds what comes in until `shutdown`, at which it ends between two
/// transactions and gives back what it has under leases. A database that is away is waited for; a tenant whose log
/// cannot be read keeps no other from being served.
pub async fn run(
    mut projector: Projector,
    mut subscription: Subscription,
    shutdown: CancellationToken,
) {
    let done = CancellationToken::new();
    let keeping = projector.fencing.leases.clone().map(|leases| {
        let done = done.clone();
        AbortOnDropHandle::new(tokio::spawn(async move { leases.keep(done).await }))
    });
    work_until(&mut projector, &mut subscription, &shutdown).await;
    done.cancel();
    if let Some(Err(error)) = OptionFuture::from(keeping).await {
        tracing::error!(%error, "tending leases broke off, they will lapse");
    }
}

async fn work_until(
    projector: &mut Projector,
    subscription: &mut Subscription,
    shutdown: &CancellationToken,
) {
    let mut queue = Queue::default();
    let mut trouble = Trouble::default();
    let mut leases = projector.fencing.changes();
    while !shutdown.is_cancelled() {
        let wake = if queue.is_empty() {
            tokio::select! {
                wake = subscription.next() => Some(wake),
                () = changed(&mut leases) => Some(Wake::All),
                () = shutdown.cancelled() => return,
            }
        } else if changed(&mut leases).now_or_never().is_some() {
            Some(Wake::All)
        } else {
            subscription.next().now_or_never()
        };
        if let Err(error) = work(projector, &mut queue, subscription, wake).await {
            trouble.tell(&error);
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = shutdown.cancelled() => return,
            }
        }
    }
}

/// Waits until there are other leases; for ever without any.
async fn changed(leases: &mut Option<watch::Receiver<Arc<Held>>>) {
    if let Some(leases) = leases
        && leases.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
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

/// What was told about the trouble there is, so that it is told once.
#[derive(Default)]
struct Trouble(Option<(String, Instant)>);

impl Trouble {
    fn tell(&mut self, error: &StepError) {
        let text = error.to_string();
        let told = self.0.as_ref();
        if told.is_none_or(|(told, at)| *told != text || at.elapsed() > REMINDER) {
            tracing::error!(error = text, "the projector cannot go on, trying again meanwhile");
            self.0 = Some((text, Instant::now()));
        }
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
