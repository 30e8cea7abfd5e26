//! What is left out of a read model.
//!
//! What a read model holds is the fold of the log without the events that
//! somebody discarded, and without those of a stream from the first one on that
//! cannot be folded. Whoever folds events here leaves out the same, so that the
//! past of a row and its table do not contradict each other.

use std::collections::{BTreeMap, BTreeSet};

use event_store::{
    ReadError,
    history::{RawEvent, Session},
    pg::{ulid, unsigned, uuid},
};
use ulid::Ulid;
use uuid::Uuid;

use super::{ReadFault, Reading};
use crate::catalogue::Model;

/// Streams, each from a position on, and, where there is no stream, single
/// events. $1 the tenant, $2 the consumer, $3 the read model
const LEFT_OUT: &str = "\
    SELECT stream_id, position \
    FROM log.quarantined_streams \
    WHERE tenant_id = $1 AND consumer = coalesce( \
        (SELECT seen.shows FROM log.read_tables AS seen WHERE seen.consumer = $2), $2) \
    UNION ALL \
    SELECT NULL, position \
    FROM log.discarded_events \
    WHERE tenant_id = $1 AND read_model = $3";

/// The events of a tenant that are left out of a read model.
#[derive(Debug, Default)]
pub(crate) struct LeftOut {
    /// Streams, each from a position on.
    streams: BTreeMap<Ulid, u64>,
    /// Events that were discarded.
    events: BTreeSet<u64>,
}

impl LeftOut {
    /// Whether an event is left out.
    pub(super) fn holds(&self, event: &RawEvent) -> Result<bool, ReadError> {
        let position = event.position()?;
        let from = self.streams.get(&event.stream()?);
        Ok(from.is_some_and(|from| *from <= position) || self.events.contains(&position))
    }
}

impl Reading {
    /// What is left out of a model's rows.
    pub(crate) async fn left_out(&self, model: &Model) -> Result<LeftOut, ReadFault> {
        let tenant = uuid(self.tenant);
        let rows = Session::rows(self, LEFT_OUT, &[&tenant, &model.consumer, &model.name]).await?;
        let mut left_out = LeftOut::default();
        for row in &rows {
            let position = unsigned(row.try_get(1)?);
            match row.try_get::<_, Option<Uuid>>(0)? {
                Some(stream) => {
                    left_out.streams.insert(ulid(stream), position);
                }
                None => {
                    left_out.events.insert(position);
                }
            }
        }
        Ok(left_out)
    }
}
