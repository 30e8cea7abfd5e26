//! An aggregate as it was last seen.

use std::sync::Arc;

use domain::kernel::Aggregate;
use ulid::Ulid;

use super::{cache::Born, weight::Weight};
use crate::cqrs::Loaded;

/// A state, and what is known about it.
#[derive(Clone)]
pub(super) struct Seen<A> {
    pub(super) state: Arc<A>,
    pub(super) version: u64,
    pub(super) about: About,
}

/// What is known about a state besides its version.
#[derive(Clone, Copy)]
pub(super) struct About {
    /// The event of its version.
    last_event: Ulid,
    /// The version of the snapshot from which loading it would begin.
    pub(super) snapshot: u64,
    weight: Weight,
    born: Born,
}

impl<A: Aggregate> Seen<A> {
    /// An aggregate to which nothing has happened yet.
    pub(super) fn unborn(born: Born) -> Self {
        let about = About { last_event: Ulid::nil(), snapshot: 0, weight: Weight::default(), born };
        Self { state: Arc::new(A::default()), version: 0, about }
    }

    /// A state out of a snapshot.
    pub(super) fn revived(state: A, version: u64, last_event: Ulid, born: Born) -> Self {
        let about = About { last_event, snapshot: version, weight: Weight::default(), born };
        Self { state: Arc::new(state), version, about }
    }

    /// The state apart, for the framework to move on.
    pub(super) fn apart(self) -> (Loaded<A>, About) {
        let loaded = Loaded { state: Arc::unwrap_or_clone(self.state), version: self.version };
        (loaded, self.about)
    }

    /// The state and what is known about it together again.
    pub(super) fn again(Loaded { state, version }: Loaded<A>, about: About) -> Self {
        Self { state: Arc::new(state), version, about }
    }

    /// The event of its version.
    pub(super) fn last_event(&self) -> Ulid {
        self.about.last_event
    }

    pub(super) fn born(&self) -> Born {
        self.about.born
    }

    /// The memory it takes.
    pub(super) fn weigh(&mut self) -> usize {
        self.about.weight.settle(&*self.state);
        self.about.weight.bytes()
    }
}

impl About {
    /// Takes in that events of so many bytes were folded.
    pub(super) fn moved_on(&mut self, events: usize, bytes: usize, last_event: Option<Ulid>) {
        self.weight.grow(events, bytes);
        self.last_event = last_event.unwrap_or(self.last_event);
    }
}
