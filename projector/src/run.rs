//! The loop around a projector.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use event_store::{Subscription, Wake};
use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::{Projector, StepError};

/// How long to leave the database alone after it failed.
const PAUSE: Duration = Duration::from_millis(500);

/// Folds what comes in until `shutdown`, at which it ends between two
/// transactions. A database that is away is waited for.
pub async fn run(
    mut projector: Projector,
    mut subscription: Subscription,
    shutdown: CancellationToken,
) {
    let mut queue = Queue::default();
    let mut was_well = true;
    while !shutdown.is_cancelled() {
        let wake = if queue.is_empty() {
            tokio::select! {
                wake = subscription.next() => Some(wake),
                () = shutdown.cancelled() => return,
            }
        } else {
            subscription.next().now_or_never()
        };
        match work(&mut projector, &mut queue, wake).await {
            Ok(()) => was_well = true,
            Err(error) => {
                // Once is enough for as long as it lasts.
                if std::mem::replace(&mut was_well, false) {
                    tracing::error!(%error, "the projector cannot go on, trying again meanwhile");
                }
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    () = shutdown.cancelled() => return,
                }
            }
        }
    }
}

async fn work(
    projector: &mut Projector,
    queue: &mut Queue,
    wake: Option<Wake>,
) -> Result<(), StepError> {
    match wake {
        Some(Wake::All) => queue.append(projector.tenants_behind().await?),
        Some(Wake::Tenants(tenants)) => queue.append(tenants.iter().copied()),
        None => {}
    }
    let tenants = queue.take(projector.settings.tenants);
    if tenants.is_empty() {
        return Ok(());
    }
    let turn = projector.turn(&tenants).await?;
    queue.put_back(turn.left);
    queue.append(turn.more);
    Ok(())
}

/// Tenants to be served, each once, in the order in which they came: one that
/// has more than a batch waits for all others before its next.
#[derive(Default)]
struct Queue {
    order: VecDeque<Ulid>,
    waiting: HashSet<Ulid>,
}

impl Queue {
    fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    fn append(&mut self, tenants: impl IntoIterator<Item = Ulid>) {
        for tenant in tenants {
            if self.waiting.insert(tenant) {
                self.order.push_back(tenant);
            }
        }
    }

    fn put_back(&mut self, tenants: Vec<Ulid>) {
        for tenant in tenants.into_iter().rev() {
            if self.waiting.insert(tenant) {
                self.order.push_front(tenant);
            }
        }
    }

    fn take(&mut self, most: usize) -> Vec<Ulid> {
        let taken: Vec<Ulid> = self.order.drain(..most.max(1).min(self.order.len())).collect();
        for tenant in &taken {
            self.waiting.remove(tenant);
        }
        taken
    }
}
