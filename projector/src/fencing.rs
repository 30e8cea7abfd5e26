//! Under which leases a projector works.

use std::sync::Arc;

use event_store::pg::{Fence, Held, Leases};
use ulid::Ulid;

/// The leases of a projector that shares the tenants with others, and those it
/// had when the turn that is under way began. Without leases a projector works
/// on all tenants.
#[derive(Default)]
pub(crate) struct Fencing {
    pub(crate) leases: Option<Arc<Leases>>,
    held: Arc<Held>,
    fence: Fence,
}

impl Fencing {
    pub(crate) fn under(leases: Arc<Leases>) -> Self {
        Self { leases: Some(leases), ..Self::default() }
    }

    /// Takes in which leases there are now, for what begins now.
    pub(crate) fn begin(&mut self) {
        let Some(leases) = &self.leases else { return };
        let held = leases.held();
        if held != self.held {
            self.fence = leases.fence(&held);
            self.held = held;
        }
    }

    pub(crate) fn fence(&self) -> &Fence {
        &self.fence
    }

    /// Whether a tenant is this projector's.
    pub(crate) fn admits(&self, tenant: Ulid) -> bool {
        self.leases.is_none() || self.held.holds(tenant)
    }

    /// The shards to look for work in, or all.
    pub(crate) fn shards(&self) -> Option<Vec<i16>> {
        self.leases.as_ref().map(|_| self.held.shards())
    }
}
