//! Rows of busy tenants, kept from one step to the next.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use domain::kernel::Work;
use ulid::Ulid;

use crate::fold::Job;

/// Folded rows with the checkpoint they belong to. They are only used again
/// where that checkpoint is found exactly as it was left: then nobody else,
/// not even a rebuild, has written the rows in between.
pub(crate) struct Kept {
    /// Locked by nobody: works move between threads, but cannot be shared.
    works: Mutex<HashMap<(Ulid, usize), Entry>>,
    rows: usize,
    most: usize,
}

struct Entry {
    work: Box<dyn Work>,
    since: DateTime<Utc>,
    rows: usize,
}

impl Kept {
    /// Keeps about so many rows.
    pub(crate) fn new(most: usize) -> Self {
        Self { works: Mutex::default(), rows: 0, most }
    }

    /// Takes out what fits the job.
    pub(crate) fn take(&mut self, job: &Job) -> Option<Box<dyn Work>> {
        let kept = self.works().remove(&(job.stretch.tenant, job.model.place))?;
        self.rows -= kept.rows;
        (kept.since == job.since).then_some(kept.work)
    }

    /// Keeps a work whose rows were written when the checkpoint was moved.
    pub(crate) fn put(&mut self, job: &Job, work: Box<dyn Work>, since: DateTime<Utc>) {
        let rows = work.held() + 1;
        // One large tenant shall not push out all others, nor grow for ever.
        if rows > self.most / 4 {
            return;
        }
        if self.rows + rows > self.most {
            self.works().clear();
            self.rows = 0;
        }
        self.rows += rows;
        self.works().insert((job.stretch.tenant, job.model.place), Entry { work, since, rows });
    }

    /// Forgets the rows of a tenant: somebody in them was erased.
    pub(crate) fn forget(&mut self, tenant: Ulid) {
        let mut gone = 0;
        self.works().retain(|(of, _), entry| {
            gone += if *of == tenant { entry.rows } else { 0 };
            *of != tenant
        });
        self.rows -= gone;
    }

    fn works(&mut self) -> &mut HashMap<(Ulid, usize), Entry> {
        self.works.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}
