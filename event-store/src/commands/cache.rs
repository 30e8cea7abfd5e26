//! Aggregates that are kept between commands, within so many bytes.

use std::{
    any::Any,
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::kernel::Aggregate;
use moka::{policy::EvictionPolicy, sync};
use opentelemetry::{KeyValue, global};
use ulid::Ulid;

use super::{seen::Seen, settings::CommandSettings};

/// States as they were last seen: a place to start from, never the truth. The
/// append checks the version.
///
/// All types share the bytes. The least recently used make room.
pub(super) struct Cache {
    entries: sync::Cache<(Ulid, Ulid), Entry>,
    forgotten: Forgotten,
    counts: Arc<Counts>,
}

#[derive(Clone)]
struct Entry {
    seen: Arc<dyn Any + Send + Sync>,
    weight: u32,
    born: Born,
}

/// When a state was read from the log, counted in forgettings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Born(u64);

/// Which tenants were forgotten, and when.
#[derive(Default)]
struct Forgotten {
    clock: AtomicU64,
    tenants: RwLock<HashMap<Ulid, u64>>,
}

#[derive(Default)]
struct Counts {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Cache {
    pub(super) fn new(settings: &CommandSettings) -> Self {
        let entries = sync::Cache::builder()
            .max_capacity(settings.cache_bytes)
            .weigher(|_, entry: &Entry| entry.weight)
            // A state in use is taken out and put back: what was put back last
            // was used last.
            .eviction_policy(EvictionPolicy::lru())
            .support_invalidation_closures()
            .build();
        let cache = Self { entries, forgotten: Forgotten::default(), counts: Arc::default() };
        cache.observe(settings.role);
        cache
    }

    /// What a state that is read from now on is marked with.
    pub(super) fn now(&self) -> Born {
        Born(self.forgotten.clock.load(Ordering::Acquire))
    }

    /// Takes a state out, so that it can be moved on without a copy.
    pub(super) fn take<A: Aggregate>(&self, tenant: Ulid, id: Ulid) -> Option<Seen<A>> {
        let entry = self.entries.remove(&(tenant, id));
        let seen = self.of_now::<A>(tenant, entry)?;
        Some(Arc::unwrap_or_clone(seen))
    }

    /// Looks at a state and leaves it where it is.
    pub(super) fn look<A: Aggregate>(&self, tenant: Ulid, id: Ulid) -> Option<Arc<Seen<A>>> {
        let entry = self.entries.get(&(tenant, id));
        self.of_now::<A>(tenant, entry)
    }

    fn of_now<A: Aggregate>(&self, tenant: Ulid, entry: Option<Entry>) -> Option<Arc<Seen<A>>> {
        let valid = entry.filter(|entry| !self.forgotten.since(tenant, entry.born));
        valid.and_then(|entry| entry.seen.downcast::<Seen<A>>().ok())
    }

    /// Counts whether a state was found that was needed.
    pub(super) fn count(&self, found: bool) {
        let count = if found { &self.counts.hits } else { &self.counts.misses };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Keeps a state, unless its tenant was forgotten since it was read.
    pub(super) fn put<A: Aggregate>(&self, tenant: Ulid, id: Ulid, mut seen: Seen<A>) {
        let born = seen.born();
        if self.forgotten.since(tenant, born) {
            return;
        }
        let weight = u32::try_from(seen.weigh()).unwrap_or(u32::MAX);
        self.entries.insert((tenant, id), Entry { seen: Arc::new(seen), weight, born });
    }

    /// Drops all states of a tenant, also those that are in use now.
    pub(super) fn forget(&self, tenant: Ulid) {
        self.forgotten.add(tenant);
        // Whoever is not dropped by this, because it is being put back just
        // now, is not found any more.
        let dropped = self.entries.invalidate_entries_if(move |(of, _), _| *of == tenant);
        if let Err(error) = dropped {
            tracing::error!(%error, "cannot drop one tenant's states; dropping all");
            self.entries.invalidate_all();
        }
        self.entries.run_pending_tasks();
    }

    /// The bytes that are kept.
    pub(super) fn bytes(&self) -> u64 {
        self.entries.run_pending_tasks();
        self.entries.weighted_size()
    }

    fn observe(&self, role: &'static str) {
        let meter = global::meter("tenantry");
        let labels = [KeyValue::new("role", role)];
        let (counts, of) = (self.counts.clone(), labels.clone());
        meter
            .u64_observable_counter("aggregate_cache_hits_total")
            .with_description("Aggregates that were found in memory.")
            .with_callback(move |to| to.observe(counts.hits.load(Ordering::Relaxed), &of))
            .build();
        let (counts, of) = (self.counts.clone(), labels.clone());
        meter
            .u64_observable_counter("aggregate_cache_misses_total")
            .with_description("Aggregates that had to be read from the log.")
            .with_callback(move |to| to.observe(counts.misses.load(Ordering::Relaxed), &of))
            .build();
        let entries = self.entries.clone();
        meter
            .u64_observable_gauge("aggregate_cache_bytes")
            .with_description("The memory that kept aggregates take, as it is reckoned.")
            .with_callback(move |to| to.observe(entries.weighted_size(), &labels))
            .build();
    }
}

impl Forgotten {
    fn add(&self, tenant: Ulid) {
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.fetch_add(1, Ordering::AcqRel) + 1;
        tenants.insert(tenant, now);
    }

    /// Whether a tenant was forgotten since.
    fn since(&self, tenant: Ulid, Born(born): Born) -> bool {
        // Nobody ever was, in most processes.
        if self.clock.load(Ordering::Acquire) == born {
            return false;
        }
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        tenants.get(&tenant).is_some_and(|forgotten| *forgotten > born)
    }
}
