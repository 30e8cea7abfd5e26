//! The rows of a tenant, hashed on their way.

use deadpool_postgres::Pool;
use futures_util::TryStreamExt;
use tokio::sync::mpsc;
use tokio_postgres::types::ToSql;
use ulid::Ulid;

use super::super::{COLUMNS, Hash, leaf, leaf_hash};
use crate::{
    ReadError,
    pg::{failed, session_client, uuid},
};

/// Rows asked for at once. Each page is a statement of its own, so that no
/// snapshot is held for long: appends would pay for it.
const PAGE: i64 = 20_000;
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
}

impl Chunk {
    fn push(&mut self, row: &tokio_postgres::Row) -> Result<(), tokio_postgres::Error> {
        let from = self.content.len();
        leaf::write(row, &mut self.content)?;
        let position = row.try_get(0)?;
        let hash = leaf_hash(self.content.get(from..).unwrap_or_default());
        self.rows.push(Hashed { position, hash, end: self.content.len() });
        Ok(())
    }

    fn content(&self, row: usize) -> &[u8] {
        let end_of = |row: usize| self.rows.get(row).map_or(0, |row| row.end);
        let from = row.checked_sub(1).map_or(0, end_of);
        self.content.get(from..end_of(row)).unwrap_or_default()
    }

    /// Takes all rows but those of the last position, of which there may be
    /// more to come.
    fn take_complete(&mut self) -> Self {
        let last = self.rows.last().map(|row| row.position);
        let Some(complete) = self.rows.iter().rposition(|row| Some(row.position) != last) else {
            return Self::default();
        };
        let end = self.rows.get(complete).map_or(0, |row| row.end);
        let content = self.content.split_off(end);
        let mut rows = self.rows.split_off(complete + 1);
        for row in &mut rows {
            row.end -= end;
        }
        std::mem::replace(self, Self { content, rows })
    }
}

/// All rows of a tenant up to a position, in order.
pub(super) struct Rows {
    chunks: mpsc::Receiver<Result<Chunk, ReadError>>,
    chunk: Chunk,
    next: usize,
}

impl Rows {
    /// Begins to read. One task reads and hashes while the other compares.
    pub(super) fn read(pool: &Pool, tenant: Ulid, to: i64) -> Self {
        let (sender, chunks) = mpsc::channel(4);
        let pool = pool.clone();
        tokio::spawn(async move {
            if let Err(error) = read(&pool, tenant, to, &sender).await {
                let _nobody_waits = sender.send(Err(error)).await;
            }
        });
        Self { chunks, chunk: Chunk::default(), next: 0 }
    }

    /// The next row, which stays the next.
    pub(super) async fn peek(&mut self) -> Result<Option<&Hashed>, ReadError> {
        while self.next >= self.chunk.rows.len() {
            let Some(chunk) = self.chunks.recv().await else { return Ok(None) };
            (self.chunk, self.next) = (chunk?, 0);
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

async fn read(
    pool: &Pool,
    tenant: Ulid,
    to: i64,
    sender: &mpsc::Sender<Result<Chunk, ReadError>>,
) -> Result<(), ReadError> {
    let columns = COLUMNS.join(", ");
    let sql = format!(
        "SELECT {columns} FROM log.events
         WHERE tenant_id = $1 AND position >= $2 AND position <= $3
         ORDER BY position LIMIT $4"
    );
    let client = session_client(pool).await?;
    let statement = client.prepare_cached(&sql).await.map_err(failed)?;
    let id = uuid(tenant);
    let mut from = i64::MIN;
    loop {
        let params: [&(dyn ToSql + Sync); 4] = [&id, &from, &to, &PAGE];
        let rows = client.query_raw(&statement, params).await.map_err(failed)?;
        let mut rows = std::pin::pin!(rows);
        let (mut chunk, mut count, mut first) = (Chunk::default(), 0, None);
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            chunk.push(&row).map_err(failed)?;
            count += 1;
            first = first.or(chunk.rows.first().map(|row| row.position));
            if chunk.content.len() >= CHUNK && sender.send(Ok(chunk.take_complete())).await.is_err()
            {
                return Ok(());
            }
        }
        let Some(last) = chunk.rows.last().map(|row| row.position) else { return Ok(()) };
        if count < PAGE {
            let _nobody_waits = sender.send(Ok(chunk)).await;
            return Ok(());
        }
        // More rows of the last position may follow: they are read together,
        // unless they alone fill the page.
        let alone = first == Some(last);
        let complete = if alone { chunk } else { chunk.take_complete() };
        from = if alone { last.saturating_add(1) } else { last };
        if sender.send(Ok(complete)).await.is_err() || from == i64::MAX {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_position_stay_together() {
        let row = |position, end| Hashed { position, hash: [0; 32], end };
        let rows = vec![row(1, 2), row(2, 3), row(3, 5), row(3, 6)];
        let mut chunk = Chunk { content: b"aabccd".to_vec(), rows };
        let complete = chunk.take_complete();
        assert_eq!(
            (complete.rows.len(), complete.content(0), complete.content(1)),
            (2, &b"aa"[..], &b"b"[..])
        );
        assert_eq!(
            (chunk.rows.len(), chunk.content(0), chunk.content(1)),
            (2, &b"cc"[..], &b"d"[..])
        );
        assert!(chunk.take_complete().rows.is_empty(), "more may follow");
    }
}
