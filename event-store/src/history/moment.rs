//! Where a log was at a time.

use chrono::{DateTime, Utc};
use ulid::Ulid;

use super::{History, Session};
use crate::{
    ReadError,
    pg::{failed, unsigned, uuid},
};

impl History {
    /// The last position that was recorded by a time, no further than `head`;
    /// 0 when there is none. Times never go back along a log, so halving finds
    /// it; of what is cold only the segment of that time is looked into.
    ///
    /// # Errors
    /// When the session's query fails, or cold events cannot be had.
    pub async fn last_by<S: Session>(
        &self,
        session: &S,
        tenant: Ulid,
        head: u64,
        time: DateTime<Utc>,
    ) -> Result<u64, S::Error> {
        let (mut before, mut after) = self.around(session, tenant, time).await?;
        after = after.min(head.saturating_add(1));
        before = before.min(head);
        while before + 1 < after {
            let middle = before.midpoint(after);
            let found = self.at(session, tenant, &[middle]).await?;
            let Some(event) = found.first() else {
                let gap = format!("there is no event at position {middle}, the head is at {head}");
                return Err(ReadError::Fault(gap).into());
            };
            if event.recorded_at()? <= time { before = middle } else { after = middle }
        }
        Ok(before)
    }

    /// A position that was recorded by a time, and one that was not, as far as
    /// the segments tell.
    async fn around<S: Session>(
        &self,
        session: &S,
        tenant: Ulid,
        time: DateTime<Utc>,
    ) -> Result<(u64, u64), S::Error> {
        let rows = session.rows(include_str!("sql/around.sql"), &[&uuid(tenant), &time]).await?;
        let position = |column| match rows.first() {
            Some(row) => row.try_get::<_, Option<i64>>(column).map_err(failed),
            None => Ok(None),
        };
        let (before, after) = (position(0)?, position(1)?);
        Ok((before.map_or(0, unsigned), after.map_or(u64::MAX, unsigned)))
    }
}
