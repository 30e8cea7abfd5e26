//! One row, now and after every change.

use std::{collections::BTreeSet, sync::Arc};

use super::Feed;
use crate::{
    problem::Problem,
    reading::{Place, ReadFault},
    rows::{Batch, Row, Shared},
    sql::{self, Param},
};

/// A row that is followed.
pub(crate) struct OneRow {
    feed: Feed,
    shared: Arc<Shared>,
    model: usize,
    key: Vec<Param>,
    fields: BTreeSet<usize>,
    seen: Option<Seen>,
}

/// What the client was sent last.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    /// How far the table was.
    place: Place,
    /// The last event in the row; nothing when there was no row.
    row: Option<i64>,
}

impl OneRow {
    pub(crate) fn new(
        feed: Feed,
        shared: Arc<Shared>,
        model: usize,
        key: Vec<Param>,
        fields: BTreeSet<usize>,
    ) -> Self {
        Self { feed, shared, model, key, fields, seen: None }
    }

    /// The row as it is, then, each time it has changed, as it is then; nothing
    /// when there is none (any more).
    pub(crate) async fn next(&mut self) -> Result<Option<Row>, Problem> {
        loop {
            let Some(model) = self.shared.model(self.model) else { return Ok(None) };
            if let Some(seen) = self.seen {
                self.feed.beyond(&model.consumer, seen.place).await;
            }
            let consumer = model.consumer.clone();
            let (reading, place) = self.feed.look(&consumer).await?;
            let fields: Vec<usize> = self.fields.iter().copied().collect();
            let key = self.key.clone();
            let statement =
                sql::by_key(&self.shared.catalogue, model, self.feed.tenant, &fields, key);
            let rows = reading.rows("live row", &statement).await;
            reading.close();
            let rows = rows?;
            let at = rows.first().map(|row| row.try_get(0)).transpose().map_err(ReadFault::from)?;
            let before = self.seen.replace(Seen { place, row: at });
            // An erasure changes a row without a further event.
            let is_same =
                |before: Seen| before.row == at && before.place.erasures == place.erasures;
            if before.is_some_and(is_same) {
                continue;
            }
            let reading = self.feed.reading(&consumer);
            let batch = Batch::read(&self.shared, &reading, model, &fields, &rows, 1).await?;
            return Ok((batch.len() > 0).then(|| Row { batch: Arc::new(batch), index: 0 }));
        }
    }
}
