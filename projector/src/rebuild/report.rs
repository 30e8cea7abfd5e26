//! How far a rebuild is.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use crate::{Phase, Progress};

/// Tells whoever asked how far it is.
pub(super) struct Report {
    tell: Box<dyn Fn(Progress) + Send + Sync>,
    done: AtomicU64,
    total: AtomicU64,
    phase: Mutex<Phase>,
}

impl Report {
    pub(super) fn new(tell: Box<dyn Fn(Progress) + Send + Sync>) -> Self {
        Self {
            tell,
            done: AtomicU64::new(0),
            total: AtomicU64::new(0),
            phase: Mutex::new(Phase::Folding),
        }
    }

    /// Takes in how many events there are.
    pub(super) fn begin(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// What is being done, how many events are, and of how many.
    pub(super) fn now(&self) -> (Phase, u64, u64) {
        let done = self.done.load(Ordering::Relaxed);
        let phase = *self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        (phase, done, self.total.load(Ordering::Relaxed).max(done))
    }

    /// Tells that it waits.
    pub(super) fn pause(&self) {
        let (_, done, total) = self.now();
        (self.tell)(Progress { phase: Phase::Paused, done, total });
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.add(phase, 0);
    }

    pub(super) fn add(&self, phase: Phase, events: u64) {
        let done = self.done.fetch_add(events, Ordering::Relaxed) + events;
        let total = self.total.load(Ordering::Relaxed).max(done);
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner) = phase;
        (self.tell)(Progress { phase, done, total });
    }
}
