//! One row, now and after every change.

use std::{collections::BTreeSet, sync::Arc};

use event_store::pg::unsigned;

use super::Feed;
use crate::{
    problem::Problem,
    reading::{Place, ReadFault, Reading},
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
    /// Up to which position the client has seen the row already.
    after: Option<u64>,
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
        after: Option<u64>,
    ) -> Self {
        Self { feed, shared, model, key, fields, after, seen: None }
    }

    /// The row as it is, then, each time it has changed, as it is then; nothing
    /// when there is none (any more).
    pub(crate) async fn next(&mut self) -> Result<Option<Row>, Problem> {
        loop {
            let shared = self.shared.clone();
            let Some(model) = shared.model(self.model) else { return Ok(None) };
            if let Some(seen) = self.seen {
                self.feed.beyond(&model.consumer, seen.place).await;
            }
            let (reading, place) = self.feed.look(&model.consumer).await?;
            let fields: Vec<usize> = self.fields.iter().copied().collect();
            let (catalogue, key) = (&self.shared.catalogue, self.key.clone());
            let statement = sql::by_key(catalogue, model, reading.source(), &fields, key);
            let rows = reading.rows("live row", &statement).await?;
            let at = rows.first().map(|row| row.try_get(0)).transpose().map_err(ReadFault::from)?;
            let has_seen = self.has_seen(&reading, place, at).await?;
            reading.close();
            let before = self.seen.replace(Seen { place, row: at });
            // An erasure changes a row without a further event.
            let is_same =
                |before: Seen| before.row == at && before.place.erasures == place.erasures;
            if has_seen || before.is_some_and(is_same) {
                continue;
            }
            let reading = self.feed.reading();
            let batch = Batch::read(&self.shared, &reading, model, &fields, &rows, 1).await?;
            return Ok((batch.len() > 0).then(|| Row { batch: Arc::new(batch), index: 0 }));
        }
    }

    /// Whether a client that comes back has seen the row as it is. A row that
    /// is gone tells nobody since when, and who has seen more than there is has
    /// seen another log: these are told again.
    async fn has_seen(
        &mut self,
        reading: &Reading,
        place: Place,
        row: Option<i64>,
    ) -> Result<bool, ReadFault> {
        let Some(after) = self.after.take() else { return Ok(false) };
        let is_older = row.is_some_and(|at| unsigned(at) <= after);
        Ok(is_older
            && after <= reading.reached().await?.head
            && place.erasures <= reading.erasures_before(after).await?)
    }
}
