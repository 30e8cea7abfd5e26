//! Work under leases that are tended beside it.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{Held, Leases};

/// Tends leases until it is ended, or dropped: then they lapse.
#[derive(Debug)]
pub struct Tending(Option<Tended>);

#[derive(Debug)]
struct Tended {
    changes: watch::Receiver<Arc<Held>>,
    done: CancellationToken,
    task: AbortOnDropHandle<()>,
}

impl Tending {
    /// Begins to tend these leases; nothing for whoever works without.
    #[must_use]
    pub fn begin(leases: Option<Arc<Leases>>) -> Self {
        Self(leases.map(|leases| {
            let (changes, done) = (leases.changes(), CancellationToken::new());
            let shutdown = done.clone();
            let task = tokio::spawn(async move { leases.keep(shutdown).await });
            Tended { changes, done, task: AbortOnDropHandle::new(task) }
        }))
    }

    /// Waits until there are other leases; for ever without any.
    pub async fn changed(&mut self) {
        if let Self(Some(Tended { changes, .. })) = self
            && changes.changed().await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }

    /// Gives the leases back. To be called when the work under them has ended.
    pub async fn end(self) {
        let Self(Some(Tended { done, task, .. })) = self else { return };
        done.cancel();
        if let Err(error) = task.await {
            tracing::error!(%error, "tending leases broke off, they will lapse");
        }
    }
}
