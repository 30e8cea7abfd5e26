//! Under which leases a projector works.

use std::sync::Arc;

use event_store::pg::{Fences, Held, Leases};
use tokio::sync::watch;
use tokio_postgres::types::ToSql;
use ulid::Ulid;
use uuid::Uuid;

/// The leases of a projector that shares the tenants with others, and those it
/// had when the turn that is under way began. Without leases a projector works
/// on all tenants.
#[derive(Default)]
pub(crate) struct Fencing {
    pub(crate) leases: Option<Arc<Leases>>,
    held: Arc<Held>,
    fence: Fence,
}

/// What fences a statement: the arguments of `log.fenced`, or nulls.
#[derive(Clone, Default)]
pub(crate) struct Fence {
    consumers: Option<&'static str>,
    process: Option<Uuid>,
    shards: Option<Vec<i16>>,
    fences: Option<Vec<i64>>,
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
            self.fence = leases.fences(&held).into();
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

    /// Tells when leases come or go.
    pub(crate) fn changes(&self) -> Option<watch::Receiver<Arc<Held>>> {
        self.leases.as_ref().map(|leases| leases.changes())
    }
}

impl From<Fences> for Fence {
    fn from(fences: Fences) -> Self {
        Self {
            consumers: Some(fences.consumers),
            process: Some(fences.process),
            shards: Some(fences.shards),
            fences: Some(fences.fences),
        }
    }
}

impl Fence {
    /// The group, the process, its shards, and the fence of each.
    pub(crate) fn params(&self) -> [&(dyn ToSql + Sync); 4] {
        [&self.consumers, &self.process, &self.shards, &self.fences]
    }
}
