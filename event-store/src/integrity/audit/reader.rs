//! The rows of a tenant, hashed on their way.

use deadpool_postgres::{Pool, Transaction};
use futures_util::TryStreamExt;
use tokio::sync::mpsc;
use tokio_postgres::{Client, types::ToSql};
use ulid::Ulid;
use uuid::Uuid;

use super::{
    super::{Hash, leaf, leaf_hash},
    Kind,
    cold::{ColdLeaves, Lost},
};
use crate::{
    ReadError,
    cold::Entry,
    history::{Column, History, Within, entries},
    pg::{failed, moment, number, session_client, unsigned, uuid},
};

const ROWS: &str =
    concat!(include_str!("../../history/sql/events.sql"), include_str!("../sql/audit_rows.sql"));

/// Rows asked for at once. Each page is a statement of its own, so that no
/// snapshot is held for long: appends would pay for it.
const PAGE: i64 = 20_000;
/// Segments looked up for a page, which ends with the last of them at the latest.
const SEGMENTS: u64 = 64;
/// Bytes of rows that are handed on together.
const CHUNK: usize = 1 << 20;

/// A row as it is hashed.
#[derive(Clone, Debug)]
pub(super) struct Hashed {
    pub(super) position: i64,
    pub(super) hash: Hash,
    end: usize,
}

/// Some rows, and what was hashed of them.
#[derive(Debug, Default)]
struct Chunk {
    content: Vec<u8>,
    rows: Vec<Hashed>,
    /// What could not be had, before these rows or among them.
    lost: Vec<Lost>,
}

impl Chunk {
    /// Takes a row, and answers what is hashed of it.
    fn push(&mut self, row: &tokio_postgres::Row) -> Result<&[u8], tokio_postgres::Error> {
        let from = self.content.len();
        leaf::write(row, &mut self.content)?;
        self.hash(row.try_get(Column::Position as usize)?, from);
        Ok(self.content.get(from..).unwrap_or_default())
    }

    fn push_leaf(&mut self, position: i64, leaf: &[u8]) {
        let from = self.content.len();
        self.content.extend(leaf);
        self.hash(position, from);
    }

    fn hash(&mut self, position: i64, from: usize) {
        let hash = leaf_hash(self.content.get(from..).unwrap_or_default());
        self.rows.push(Hashed { position, hash, end: self.content.len() });
    }

    fn content(&self, row: usize) -> &[u8] {
        let end_of = |row: usize| self.rows.get(row).map_or(0, |row| row.end);
        let from = row.checked_sub(1).map_or(0, end_of);
        self.content.get(from..end_of(row)).unwrap_or_default()
    }

    /// Takes all rows but those of the last position, of which there may be
    /// more to come, and whatever could not be had.
    fn take_complete(&mut self) -> Self {
        let last = self.rows.last().map(|row| row.position);
        let Some(complete) = self.rows.iter().rposition(|row| Some(row.position) != last) else {
            return Self { lost: std::mem::take(&mut self.lost), ..Self::default() };
        };
        let end = self.rows.get(complete).map_or(0, |row| row.end);
        let content = self.content.split_off(end);
        let mut rows = self.rows.split_off(complete + 1);
        for row in &mut rows {
            row.end -= end;
        }
        std::mem::replace(self, Self { content, rows, lost: vec![] })
    }
}

/// All rows of a tenant up to a position, in order.
pub(super) struct Rows {
    chunks: mpsc::Receiver<Result<Chunk, ReadError>>,
    chunk: Chunk,
    next: usize,
    lost: Vec<Lost>,
}

impl Rows {
    /// Begins to read. One task reads and hashes while the other compares.
    pub(super) fn read(pool: &Pool, history: &History, tenant: Ulid, to: i64) -> Self {
        let (sender, chunks) = mpsc::channel(4);
        let (pool, history) = (pool.clone(), history.clone());
        tokio::spawn(async move {
            let chunk = Chunk::default();
            let reading =
                Reading { pool: &pool, history: &history, tenant, to, sender: &sender, chunk };
            if let Err(error) = reading.run().await {
                let _nobody_waits = sender.send(Err(error)).await;
            }
        });
        Self { chunks, chunk: Chunk::default(), next: 0, lost: vec![] }
    }

    /// Whether what is at a position cannot be had, as far as that is
    /// known when the row after it is.
    pub(super) fn is_lost(&self, position: i64) -> bool {
        self.lost.iter().any(|lost| lost.first <= position && position <= lost.last)
    }

    /// What could not be had.
    pub(super) fn lost(&self) -> &[Lost] {
        &self.lost
    }

    /// The next row, which stays the next.
    pub(super) async fn peek(&mut self) -> Result<Option<&Hashed>, ReadError> {
        while self.next >= self.chunk.rows.len() {
            let Some(chunk) = self.chunks.recv().await else { return Ok(None) };
            (self.chunk, self.next) = (chunk?, 0);
            for lost in std::mem::take(&mut self.chunk.lost) {
                if !self.is_lost(lost.first) {
                    self.lost.push(lost);
                }
            }
        }
        Ok(self.chunk.rows.get(self.next))
    }

    /// What was hashed of the next row.
    pub(super) fn content(&self) -> &[u8] {
        self.chunk.content(self.next)
    }

    /// Goes on to the one after.
    pub(super) fn advance(&mut self) {
        self.next += 1;
    }
}

/// A read of one tenant's rows under way.
struct Reading<'a> {
    pool: &'a Pool,
    history: &'a History,
    tenant: Ulid,
    to: i64,
    sender: &'a mpsc::Sender<Result<Chunk, ReadError>>,
    chunk: Chunk,
}

/// How a page ended.
struct Page {
    rows: i64,
    first: Option<i64>,
    last: Option<i64>,
}

impl Reading<'_> {
    async fn run(mut self) -> Result<(), ReadError> {
        let mut from = i64::MIN;
        while from <= self.to {
            let mut client = session_client(self.pool).await?;
            // What is in the table and what is cold, at the same moment.
            let moment = moment(&mut client).await?;
            let (entries, until) = self.segments(&moment, from).await?;
            let mut cold = ColdLeaves::new(self.history, self.tenant, from, entries);
            let page = self.page(&moment, (from, until), &mut cold).await?;
            moment.commit().await.map_err(failed)?;
            let last = page.last.filter(|_| page.rows >= PAGE);
            // More rows of the last position may follow: they are read together,
            // unless they alone fill the page.
            let is_cut = last.is_some() && page.first != last;
            let end = last.unwrap_or(until);
            from = if is_cut { end } else { end.saturating_add(1) };
            self.take_cold(&mut cold, from).await?;
            self.look_for_last(&client, &mut cold).await?;
            let mut read = std::mem::take(&mut self.chunk);
            let complete = if is_cut { read.take_complete() } else { read };
            if self.sender.send(Ok(complete)).await.is_err() || from == i64::MAX {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The next segments, and up to where they are all there are.
    async fn segments(
        &self,
        moment: &Transaction<'_>,
        from: i64,
    ) -> Result<(Vec<Entry>, i64), ReadError> {
        let between = (unsigned(from.saturating_sub(1)), unsigned(self.to));
        let entries = entries(&Within(&**moment), self.tenant, between, SEGMENTS).await?;
        let last = entries.last().filter(|_| entries.len() as u64 == SEGMENTS);
        let until = last.map_or(self.to, |last| number(last.last).min(self.to));
        Ok((entries, until))
    }

    async fn page(
        &mut self,
        moment: &Transaction<'_>,
        (from, until): (i64, i64),
        cold: &mut ColdLeaves<'_>,
    ) -> Result<Page, ReadError> {
        let statement = moment.prepare_cached(ROWS).await.map_err(failed)?;
        let id = uuid(self.tenant);
        let params: [&(dyn ToSql + Sync); 4] = [&id, &from, &until, &PAGE];
        let rows = moment.query_raw(&statement, params).await.map_err(failed)?;
        let mut rows = std::pin::pin!(rows);
        let mut page = Page { rows: 0, first: None, last: None };
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            let position: i64 = row.try_get(Column::Position as usize).map_err(failed)?;
            self.take_cold(cold, position).await?;
            let content = self.chunk.push(&row).map_err(failed)?;
            cold.is_in_table(position, content).await?;
            page.rows += 1;
            page.first = page.first.or(Some(position));
            page.last = Some(position);
            if self.chunk.content.len() >= CHUNK {
                self.hand_on().await;
            }
        }
        Ok(page)
    }

    /// Takes what is cold before a position, and not in the table as well.
    async fn take_cold(&mut self, cold: &mut ColdLeaves<'_>, before: i64) -> Result<(), ReadError> {
        while let Some((position, leaf)) = cold.next_before(before).await? {
            self.chunk.lost.append(&mut cold.lost);
            self.chunk.push_leaf(position, &leaf);
            if self.chunk.content.len() >= CHUNK {
                self.hand_on().await;
            }
        }
        self.chunk.lost.append(&mut cold.lost);
        Ok(())
    }

    /// Sees that of every stream with cold events the table has an event, too:
    /// without one, its readers take the stream for empty.
    async fn look_for_last(
        &mut self,
        client: &Client,
        cold: &mut ColdLeaves<'_>,
    ) -> Result<(), ReadError> {
        let streams = cold.take_streams();
        if streams.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = streams.keys().copied().collect();
        let sql = include_str!("../sql/streams_without_events.sql");
        let rows = client.query(sql, &[&uuid(self.tenant), &ids]).await.map_err(failed)?;
        for row in rows {
            let stream: Uuid = row.try_get(0).map_err(failed)?;
            let position = streams.get(&stream).copied().unwrap_or_default();
            let detail = "the last event of its stream is in cold storage alone; \
                          `tenantry tenant warm` brings it back"
                .to_owned();
            let kind = Kind::DeletedRow;
            self.chunk.lost.push(Lost { first: position, last: position, kind, detail });
        }
        Ok(())
    }

    async fn hand_on(&mut self) {
        let _nobody_waits = self.sender.send(Ok(self.chunk.take_complete())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_position_stay_together() {
        let row = |position, end| Hashed { position, hash: [0; 32], end };
        let rows = vec![row(1, 2), row(2, 3), row(3, 5), row(3, 6)];
        let (kind, detail) = (Kind::MissingSegment, String::new());
        let lost = Lost { first: 1, last: 1, kind, detail };
        let mut chunk = Chunk { content: b"aabccd".to_vec(), rows, lost: vec![lost.clone()] };
        let complete = chunk.take_complete();
        assert_eq!(
            (complete.rows.len(), complete.content(0), complete.content(1)),
            (2, &b"aa"[..], &b"b"[..])
        );
        assert_eq!(
            (chunk.rows.len(), chunk.content(0), chunk.content(1)),
            (2, &b"cc"[..], &b"d"[..])
        );
        assert_eq!((complete.lost.len(), chunk.lost.len()), (1, 0));
        chunk.lost.push(lost);
        let rest = chunk.take_complete();
        assert!(rest.rows.is_empty(), "more may follow");
        assert_eq!((rest.lost.len(), chunk.lost.len()), (1, 0), "but not of what was lost");
    }
}
