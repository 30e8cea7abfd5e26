//! How much is under way, by tenant and altogether.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use ulid::Ulid;

/// What is under way of each tenant.
#[derive(Clone, Default)]
pub(crate) struct Busy(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    all: usize,
    tenants: HashMap<Ulid, usize>,
}

/// How much may be under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most {
    pub(crate) of_tenant: usize,
    pub(crate) of_all: usize,
}

/// Which limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// That of the tenant.
    Tenant(usize),
    /// That of the process.
    Process(usize),
}

/// Counts as long as it lives.
#[derive(Debug)]
pub(crate) struct Entered(Busy, Ulid);

impl std::fmt::Debug for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Busy").finish_non_exhaustive()
    }
}

impl Busy {
    /// Counts one more, unless that would be too much.
    ///
    /// # Errors
    /// Which limit is reached.
    pub(crate) fn enter(&self, tenant: Ulid, most: Most) -> Result<Entered, Full> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.tenants.get(&tenant).is_some_and(|count| *count >= most.of_tenant) {
            return Err(Full::Tenant(most.of_tenant));
        }
        if counts.all >= most.of_all {
            return Err(Full::Process(most.of_all));
        }
        counts.all += 1;
        *counts.tenants.entry(tenant).or_insert(0) += 1;
        Ok(Entered(self.clone(), tenant))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let Self(Busy(counts), tenant) = self;
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all -= 1;
        if let Some(count) = counts.tenants.get_mut(tenant) {
            *count -= 1;
            if *count == 0 {
                counts.tenants.remove(tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_leaves_makes_room() {
        let busy = Busy::default();
        let most = Most { of_tenant: 2, of_all: 3 };
        let mut ours: Vec<Entered> = (0..2).map(|_| busy.enter(Ulid(1), most).unwrap()).collect();
        assert_eq!(busy.enter(Ulid(1), most).unwrap_err(), Full::Tenant(2));
        let theirs = busy.enter(Ulid(2), most).unwrap();
        assert_eq!(busy.enter(Ulid(2), most).unwrap_err(), Full::Process(3));
        ours.pop();
        assert!(busy.enter(Ulid(2), most).is_ok());
        drop((ours, theirs));
        assert!(busy.0.lock().unwrap().tenants.is_empty());
    }
}
