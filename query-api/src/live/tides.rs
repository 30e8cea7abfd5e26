//! How far the read models of a tenant are, for whoever waits for it.
//!
//! While somebody waits, one task per tenant looks: when a projector hints
//! that it has moved on, and now and then without a hint. Everybody else
//! waits for that task.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use event_store::pg::{Channel, Signals};
use tokio::{
    runtime::Handle,
    sync::{Notify, broadcast, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;
use uuid::Uuid;

use crate::reading::{Place, Store};

/// How often to look without a hint while a request waits.
const URGENT: Duration = Duration::from_millis(50);

/// How often to look at most.
const PAUSE: Duration = Duration::from_millis(5);

/// The tides of all tenants that somebody waits for.
pub(crate) struct Tides {
    store: Arc<Store>,
    consumers: Vec<String>,
    poll: Duration,
    runtime: Handle,
    tenants: Arc<Mutex<HashMap<Ulid, Weak<Tide>>>>,
}

/// How far the read models of one tenant are.
pub(crate) struct Tide {
    places: watch::Sender<BTreeMap<String, Place>>,
    hinted: Notify,
    urgent: AtomicUsize,
}

impl Tides {
    /// Listens to hints until shutdown. Without hints, live queries look once
    /// per `poll`.
    pub(crate) fn start(
        store: Arc<Store>,
        consumers: Vec<String>,
        signals: &Signals,
        poll: Duration,
        shutdown: CancellationToken,
    ) -> Arc<Self> {
        let tenants = Arc::default();
        let runtime = Handle::current();
        let listening = listen(signals.listen(Channel::Read), Arc::clone(&tenants));
        runtime.spawn(async move { shutdown.run_until_cancelled(listening).await });
        Arc::new(Self { store, consumers, poll, runtime, tenants })
    }

    /// The tide of a tenant, which is watched as long as somebody holds it.
    pub(crate) fn of(&self, tenant: Ulid) -> Arc<Tide> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tide) = tenants.get(&tenant).and_then(Weak::upgrade) {
            return tide;
        }
        tenants.retain(|_, tide| tide.strong_count() > 0);
        let tide = Arc::new(Tide {
            places: watch::Sender::default(),
            hinted: Notify::new(),
            urgent: AtomicUsize::new(0),
        });
        tenants.insert(tenant, Arc::downgrade(&tide));
        let watching = Watching {
            tide: Arc::downgrade(&tide),
            store: self.store.clone(),
            consumers: self.consumers.clone(),
            tenant,
            poll: self.poll,
        };
        self.runtime.spawn(watching.run());
        tide
    }
}

impl Tide {
    /// Waits until all of these consumers have reached a position.
    pub(crate) async fn reaches(&self, consumers: &[String], position: u64) {
        let reached = |known: &BTreeMap<String, Place>| {
            let is_there = |place: &Place| place.position >= position;
            consumers.iter().all(|consumer| known.get(consumer).is_some_and(is_there))
        };
        self.until(reached).await;
    }

    /// Waits until one of some consumers is beyond its place.
    pub(crate) async fn leaves(&self, places: &BTreeMap<String, Place>) {
        let left = |known: &BTreeMap<String, Place>| {
            places.iter().any(|(consumer, place)| {
                let is_beyond =
                    |now: &Place| now.position > place.position || now.erasures > place.erasures;
                known.get(consumer).is_some_and(is_beyond)
            })
        };
        self.until(left).await;
    }

    async fn until(&self, is_so: impl Fn(&BTreeMap<String, Place>) -> bool) {
        let mut places = self.places.subscribe();
        // The sender lives as long as this.
        let _ = places.wait_for(is_so).await;
    }

    /// The same, for a request that has little time.
    pub(crate) async fn reaches_soon(&self, consumers: &[String], position: u64) {
        let _urgent = Urgent::count(self);
        self.reaches(consumers, position).await;
    }
}

struct Urgent<'a>(&'a Tide);

impl<'a> Urgent<'a> {
    fn count(tide: &'a Tide) -> Self {
        tide.urgent.fetch_add(1, Ordering::Relaxed);
        tide.hinted.notify_one();
        Self(tide)
    }
}

impl Drop for Urgent<'_> {
    fn drop(&mut self) {
        self.0.urgent.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Watching {
    tide: Weak<Tide>,
    store: Arc<Store>,
    consumers: Vec<String>,
    tenant: Ulid,
    poll: Duration,
}

impl Watching {
    /// Looks as long as somebody waits.
    async fn run(self) {
        while let Some(tide) = self.tide.upgrade() {
            let reading = self.store.watching(self.tenant, self.consumers.clone());
            if let Ok(reached) = reading.reached().await {
                tide.places.send_if_modified(|known| {
                    let moved = *known != reached.consumers;
                    known.clone_from(&reached.consumers);
                    moved
                });
            }
            reading.close();
            sleep(PAUSE).await;
            let urgent = tide.urgent.load(Ordering::Relaxed) > 0;
            let patience = if urgent { URGENT.min(self.poll) } else { self.poll };
            // Whether it was a hint or the time: look again.
            let _ = timeout(patience, tide.hinted.notified()).await;
        }
    }
}

/// Passes hints, `{tenant}:{position}`, to whoever watches that tenant.
async fn listen(
    mut hints: broadcast::Receiver<Arc<str>>,
    tenants: Arc<Mutex<HashMap<Ulid, Weak<Tide>>>>,
) {
    loop {
        let tenant = match hints.recv().await {
            Ok(hint) => match hint.split(':').next().and_then(|id| id.parse::<Uuid>().ok()) {
                Some(id) => Some(Ulid(id.as_u128())),
                None => continue,
            },
            // Some were missed: it may have been anyone.
            Err(broadcast::error::RecvError::Lagged(_)) => None,
            Err(broadcast::error::RecvError::Closed) => return,
        };
        let tenants = tenants.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, tide) in tenants.iter() {
            if tenant.is_none_or(|tenant| tenant == *id)
                && let Some(tide) = tide.upgrade()
            {
                tide.hinted.notify_one();
            }
        }
    }
}
