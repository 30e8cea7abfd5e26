//! Following what changes.
//!
//! A live query is pulled, never pushed: when its client has taken what it was
//! sent, the rows that changed since are read from the table, each as it is by
//! then. A slow client skips what lies between and costs no memory, and
//! whoever comes back names the last position it saw.

mod list;
mod one;
mod tides;

use std::sync::Arc;

use ulid::Ulid;

pub(crate) use list::{Changed, Changes};
pub(crate) use one::OneRow;
pub(crate) use tides::Tides;

use crate::{
    personal::Finder,
    reading::{Place, ReadFault, Reading, Store},
};

/// One client's view of one tenant, as time goes on.
#[derive(Clone)]
pub(crate) struct Feed {
    pub(crate) store: Arc<Store>,
    pub(crate) tides: Arc<Tides>,
    pub(crate) tenant: Ulid,
}

impl Feed {
    /// A look at the table of a consumer, and the place it has reached.
    async fn look(&self, consumer: &str) -> Result<(Arc<Reading>, Place), ReadFault> {
        let reading = self.reading(consumer);
        let reached = reading.reached().await?.consumers.get(consumer).copied();
        Ok((reading, reached.unwrap_or_default()))
    }

    fn reading(&self, consumer: &str) -> Arc<Reading> {
        self.store.reading(self.tenant, vec![consumer.to_owned()])
    }

    /// What finds personal values.
    pub(crate) fn finder(&self) -> Finder<'_> {
        self.store.finder(self.tenant)
    }

    /// Waits until the table of a consumer is beyond a place.
    async fn beyond(&self, consumer: &str, place: Place) {
        self.tides.of(self.tenant).leaves(consumer, place).await;
    }
}
