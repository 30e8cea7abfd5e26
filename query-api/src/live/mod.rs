//! Following what changes.
//!
//! A live query is pulled, never pushed: when its client has taken what it was
//! sent, the rows that changed since are read from the table, each as it is by
//! then. A slow client skips what lies between and costs no memory, and
//! whoever comes back names the last position it saw.

mod grouped;
mod list;
mod one;
mod tides;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use ulid::Ulid;

pub(crate) use grouped::LiveGroups;
pub(crate) use list::{Changed, Changes};
pub(crate) use one::OneRow;
pub(crate) use tides::Tides;

use crate::{
    personal::Finder,
    reading::{Place, Reached, ReadFault, Reading, Store},
};

/// One client's view of one tenant, as time goes on.
#[derive(Clone)]
pub(crate) struct Feed {
    store: Arc<Store>,
    tides: Arc<Tides>,
    tenant: Ulid,
    /// Whose tables the answers are read from.
    consumers: Arc<[String]>,
    /// What the last look saw.
    seen: Arc<Mutex<Option<Arc<Reached>>>>,
}

impl Feed {
    pub(crate) fn new(
        store: Arc<Store>,
        tides: Arc<Tides>,
        tenant: Ulid,
        consumers: Vec<String>,
    ) -> Self {
        Self { store, tides, tenant, consumers: consumers.into(), seen: Arc::default() }
    }

    /// What the look that made the answer saw; once per answer.
    pub(crate) fn seen(&self) -> Option<Arc<Reached>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A look at the tables, and the place that one of them has reached.
    async fn look(&self, consumer: &str) -> Result<(Arc<Reading>, Place), ReadFault> {
        let reading = self.reading();
        let reached = reading.reached().await?;
        let place = reached.consumers.get(consumer).copied().unwrap_or_default();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(reached);
        Ok((reading, place))
    }

    fn reading(&self) -> Arc<Reading> {
        self.store.reading(self.tenant, self.consumers.to_vec())
    }

    /// What finds personal values.
    pub(crate) fn finder(&self) -> Finder<'_> {
        self.store.finder(self.tenant)
    }

    /// Waits until the table of a consumer is beyond a place.
    async fn beyond(&self, consumer: &str, place: Place) {
        self.beyond_any(&BTreeMap::from([(consumer.to_owned(), place)])).await;
    }

    /// Waits until the table of one of some consumers is beyond its place.
    async fn beyond_any(&self, places: &BTreeMap<String, Place>) {
        self.tides.of(self.tenant).leaves(places).await;
    }
}
