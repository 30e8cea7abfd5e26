//! Queues for whoever would otherwise lose a race in the log.

use std::hash::{DefaultHasher, Hash, Hasher};

use tokio::sync::{Mutex, MutexGuard};

/// Locks by key, in stripes: two keys may share a lock, which costs waiting
/// and nothing else. They only save work; what holds is checked in the log.
pub(super) struct Locks(Vec<Mutex<()>>);

/// So many that a few hundred commands at once rarely share one by chance.
const STRIPES: u64 = 16_384;

impl Default for Locks {
    fn default() -> Self {
        Self((0..STRIPES).map(|_| Mutex::new(())).collect())
    }
}

impl Locks {
    pub(super) async fn lock(&self, key: impl Hash) -> Option<MutexGuard<'_, ()>> {
        match self.0.get(stripe(key)) {
            Some(lock) => Some(lock.lock().await),
            None => None,
        }
    }

    /// Locks several keys, in an order that all callers share.
    pub(super) async fn lock_all<K: Hash>(
        &self,
        keys: impl Iterator<Item = K>,
    ) -> Vec<MutexGuard<'_, ()>> {
        let mut stripes: Vec<usize> = keys.map(stripe).collect();
        stripes.sort_unstable();
        stripes.dedup();
        let mut guards = Vec::with_capacity(stripes.len());
        for place in stripes {
            if let Some(lock) = self.0.get(place) {
                guards.push(lock.lock().await);
            }
        }
        guards
    }
}

fn stripe(key: impl Hash) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    usize::try_from(hasher.finish() % STRIPES).unwrap_or(0)
}
