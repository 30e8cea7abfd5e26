//! The log, seen at the moment of the request.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use event_store::{
    StoredEvent,
    history::{Part, RawEvent, Session, Stretch},
    pg::{number, unsigned, uuid},
};
use tokio_postgres::{Row, types::ToSql};
use ulid::Ulid;

use super::{LeftOut, ReadFault, Reading};

/// How many events of one aggregate are read in one go.
const STEP: u64 = 2_000;

/// Where something stands about people who were erased. $1 the tenant, $2 and
/// $3 between which erasures, $4 up to which position
const ERASED: &str = "\
    SELECT held.position \
    FROM log.erasures AS erasure \
    JOIN log.personal_data AS held \
        ON held.tenant_id = erasure.tenant_id AND held.subject_id = erasure.subject_id \
    WHERE erasure.tenant_id = $1 AND erasure.number > $2 AND erasure.number <= $3 \
        AND held.position <= $4";

/// How many people were erased before a position. $1 the tenant, $2 the position
const ERASURES: &str = "SELECT count(*) FROM log.erasures WHERE tenant_id = $1 AND position < $2";

/// Which of some positions hold something about people who were erased. $1 the
/// tenant, $2 the positions
const OF_ERASED: &str = "\
    SELECT held.position \
    FROM log.personal_data AS held \
    JOIN log.erasures AS erasure \
        ON erasure.tenant_id = held.tenant_id AND erasure.subject_id = held.subject_id \
    WHERE held.tenant_id = $1 AND held.position = ANY ($2)";

impl Reading {
    /// The events of one aggregate after a version and up to a position, oldest
    /// first, but for those that are left out; and after which version there may
    /// be more of them.
    pub(crate) async fn stream(
        &self,
        stream: Ulid,
        after: u64,
        until: u64,
        left_out: &LeftOut,
    ) -> Result<(Vec<StoredEvent>, Option<u64>), ReadFault> {
        let part = Part { tenant: self.tenant, stream, after, until, limit: STEP };
        let raw = self.store.ring.history().stream(self, part).await?;
        let last = raw.last().filter(|_| raw.len() as u64 == STEP);
        let last = last.map(RawEvent::version).transpose()?;
        Ok((self.opened(&raw, left_out).await?, last))
    }

    /// The events of the tenant between two positions that belong to aggregates
    /// of these types, oldest first, but for those that are left out.
    pub(crate) async fn log(
        &self,
        types: &[&str],
        after: u64,
        until: u64,
        left_out: &LeftOut,
    ) -> Result<Vec<StoredEvent>, ReadFault> {
        let stretch = Stretch { types: Some(types), ..Stretch::between(self.tenant, after, until) };
        let raw = self.store.ring.history().stretch(self, stretch).await?;
        self.opened(&raw, left_out).await
    }

    /// The events that hold something about people of whom the tenant was asked
    /// to forget everything, after one erasure and up to another, as far as
    /// they belong to aggregates of these types, lie no further than a position
    /// and are not left out.
    pub(crate) async fn erased(
        &self,
        types: &[&str],
        (after, until): (u64, u64),
        last: u64,
        left_out: &LeftOut,
    ) -> Result<Vec<StoredEvent>, ReadFault> {
        let (tenant, last) = (uuid(self.tenant), number(last));
        let (after, until) = (number(after), number(until));
        let rows = Session::rows(self, ERASED, &[&tenant, &after, &until, &last]).await?;
        let positions: Vec<u64> = rows.iter().map(position).collect::<Result<_, _>>()?;
        let mut raw = self.store.ring.history().at(self, self.tenant, &positions).await?;
        raw.retain(|event| event.stream_type().is_ok_and(|it| types.contains(&it)));
        self.opened(&raw, left_out).await
    }

    /// The last position that was recorded by a time.
    pub(crate) async fn last_by(&self, head: u64, time: DateTime<Utc>) -> Result<u64, ReadFault> {
        self.store.ring.history().last_by(self, self.tenant, head, time).await
    }

    /// How many people were erased before the log came to a position.
    pub(crate) async fn erasures_before(&self, last: u64) -> Result<u64, ReadFault> {
        let (tenant, last) = (uuid(self.tenant), number(last));
        let rows = Session::rows(self, ERASURES, &[&tenant, &last]).await?;
        Ok(rows.first().map(position).transpose()?.unwrap_or(0))
    }

    /// Which of these positions hold something about people who were erased
    /// since.
    pub(crate) async fn with_erased_data(
        &self,
        positions: impl Iterator<Item = u64>,
    ) -> Result<BTreeSet<u64>, ReadFault> {
        let (tenant, positions) = (uuid(self.tenant), positions.map(number).collect::<Vec<i64>>());
        let rows = Session::rows(self, OF_ERASED, &[&tenant, &positions]).await?;
        Ok(rows.iter().map(position).collect::<Result<_, _>>()?)
    }

    /// Events as they can be folded, but for those that are left out: these may
    /// be such as nobody can read.
    async fn opened(
        &self,
        raw: &[RawEvent],
        left_out: &LeftOut,
    ) -> Result<Vec<StoredEvent>, ReadFault> {
        let mut events = Vec::with_capacity(raw.len());
        for event in raw {
            if !left_out.holds(event)? {
                events.push(event.stored()?);
            }
        }
        self.store.ring.open_events(self.tenant, &mut events).await?;
        Ok(events)
    }
}

/// A position, or a count, as it stands in a row.
fn position(row: &Row) -> Result<u64, tokio_postgres::Error> {
    row.try_get(0).map(unsigned)
}

/// Events are read as everything else is, at the moment of the request.
impl Session for Reading {
    type Error = ReadFault;

    async fn rows(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, ReadFault> {
        self.measured("log", sql, |transaction| transaction.prepared(sql, params)).await
    }
}
