//! When a state is worth being put away, and how it is found again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::kernel::Aggregate;
use tokio::sync::Semaphore;
use ulid::Ulid;

use super::{cache::Born, metrics::Metrics, seen::Seen, settings::CommandSettings};
use crate::{Log, StoredSnapshot};

/// Takes snapshots in the background, one at a time. While it is busy, others
/// are left out: the next command offers the state again.
pub(super) struct Snapshots {
    /// The events that one must spare; 0: there are none.
    pub(super) events: u64,
    gain: f64,
    writer: Arc<Semaphore>,
    /// How many times dearer than reckoned storing one really is.
    dearer: Arc<Average>,
}

/// A state larger than this is not put away.
const LARGEST: usize = 64 * 1024 * 1024;

/// What loading one event costs, until it is known better.
pub(super) const EVENT_NANOS: f64 = 4_000.0;

/// What storing a state of so many bytes costs, as far as it can be reckoned:
/// a round trip with a flush, and the bytes.
fn reckoned(bytes: usize) -> Duration {
    Duration::from_millis(1) + Duration::from_nanos(bytes as u64 * 4)
}

impl Snapshots {
    pub(super) fn new(settings: &CommandSettings) -> Self {
        Self {
            events: settings.snapshot_events,
            gain: settings.snapshot_gain,
            writer: Arc::new(Semaphore::new(1)),
            dearer: Arc::new(Average::new(1.0)),
        }
    }

    /// Puts a state away if that spares enough, given what folding one event
    /// of its type takes. Never waits.
    pub(super) fn offer<A: Aggregate>(
        &self,
        seen: &mut Seen<A>,
        event_nanos: f64,
        to: &Destination<'_>,
    ) {
        if !self.pays(seen, event_nanos) {
            return;
        }
        let Ok(permit) = self.writer.clone().try_acquire_owned() else {
            to.metrics.snapshot("left_out");
            return;
        };
        seen.about.snapshot = seen.version;
        let (bytes, version, event_id) = (seen.weigh(), seen.version, seen.last_event());
        let Destination { tenant, id, fingerprint, .. } = *to;
        let (log, metrics) = (to.log.clone(), to.metrics.clone());
        let dearer = self.dearer.clone();
        let state = seen.state.clone();
        tokio::spawn(async move {
            let started = Instant::now();
            let encoded =
                tokio::task::spawn_blocking(move || rmp_serde::to_vec_named(&*state)).await;
            let Ok(Ok(state)) = encoded else {
                metrics.snapshot("failed");
                tracing::warn!(aggregate = A::TYPE, %id, "a state cannot be serialised");
                return;
            };
            let stream_type = A::TYPE.to_owned();
            let state = state.into();
            let snapshot = StoredSnapshot { stream_type, version, event_id, fingerprint, state };
            match log.store_snapshot(tenant, id, snapshot).await {
                Ok(()) => metrics.snapshot("stored"),
                Err(error) => {
                    metrics.snapshot("failed");
                    tracing::warn!(aggregate = A::TYPE, %id, %error, "a snapshot was not stored");
                }
            }
            dearer.add(started.elapsed().as_secs_f64() / reckoned(bytes).as_secs_f64());
            drop(permit);
        });
    }

    /// Whether none is under way.
    #[cfg(test)]
    pub(super) fn idle(&self) -> bool {
        self.writer.available_permits() == 1
    }

    /// Whether one load would be spared more than the snapshot costs.
    pub(super) fn pays<A: Aggregate>(&self, seen: &mut Seen<A>, event_nanos: f64) -> bool {
        let spared = seen.version.saturating_sub(seen.about.snapshot);
        if self.events == 0 || spared < self.events {
            return false;
        }
        let bytes = seen.weigh();
        let costs = reckoned(bytes).as_secs_f64() * self.dearer.get();
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let saves = spared as f64 * event_nanos / 1e9;
        bytes <= LARGEST && saves >= self.gain * costs
    }
}

/// Where a snapshot goes.
pub(super) struct Destination<'a> {
    pub(super) log: &'a Arc<dyn Log>,
    pub(super) metrics: &'a Arc<Metrics>,
    pub(super) tenant: Ulid,
    pub(super) id: Ulid,
    pub(super) fingerprint: [u8; 32],
}

/// Why a snapshot is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Useless {
    /// Its type, its shape or its fold is another.
    Stale,
    /// The events read so far go further.
    Overtaken,
    /// Its bytes are not the state they should be.
    Undecodable,
}

impl Useless {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Overtaken => "overtaken",
            Self::Undecodable => "undecodable",
        }
    }
}

/// The state that a snapshot holds, if it helps somebody who has folded all
/// events up to a version. Whether it belongs to this log's history, the event
/// it names must tell.
pub(super) fn revived<A: Aggregate>(
    snapshot: &StoredSnapshot,
    fingerprint: &[u8; 32],
    after: u64,
    born: Born,
) -> Result<Seen<A>, Useless> {
    if snapshot.stream_type != A::TYPE || snapshot.fingerprint != *fingerprint {
        return Err(Useless::Stale);
    }
    if snapshot.version <= after {
        return Err(Useless::Overtaken);
    }
    let state: A = rmp_serde::from_slice(&snapshot.state).map_err(|_| Useless::Undecodable)?;
    Ok(Seen::revived(state, snapshot.version, snapshot.event_id, born))
}

/// A running average that old values slowly leave.
pub(super) struct Average(AtomicU64);

impl Average {
    pub(super) fn new(value: f64) -> Self {
        Self(AtomicU64::new(value.to_bits()))
    }

    pub(super) fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }

    /// Of two at once one may be lost, which does no harm.
    pub(super) fn add(&self, value: f64) {
        let average = self.get() * 0.8 + value * 0.2;
        self.0.store(average.to_bits(), Ordering::Relaxed);
    }
}
