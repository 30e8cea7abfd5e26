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

use crate::reading::{ReadFault, Reading, Store};

/// One client's view of one tenant, as time goes on.
#[derive(Clone)]
pub(crate) struct Feed {
    pub(crate) store: Arc<Store>,
    pub(crate) tides: Arc<Tides>,
    pub(crate) tenant: Ulid,
}

impl Feed {
    /// A look at the table of a consumer, and the position it has reached.
    async fn look(&self, consumer: &str) -> Result<(Arc<Reading>, u64), ReadFault> {
        let reading = self.reading(consumer);
        let reached = reading.reached().await?.position().unwrap_or(0);
        Ok((reading, reached))
    }

    fn reading(&self, consumer: &str) -> Arc<Reading> {
        self.store.reading(self.tenant, vec![consumer.to_owned()])
    }

    /// Waits until the table of a consumer is beyond a position.
    async fn beyond(&self, consumer: &str, position: u64) {
        let tide = self.tides.of(self.tenant);
        let next = position.saturating_add(1);
        tide.reaches(&[consumer.to_owned()], next).await;
    }
}
