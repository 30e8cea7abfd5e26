//! Checkpoints and tiles, read as the audit comes to them.

use std::collections::VecDeque;

use deadpool_postgres::Pool;
use ulid::Ulid;

use super::{
    super::{
        Checkpoint, Hash, Keyring, NoteError, store,
        tiles::{Tiles, WIDTH, hash_at},
    },
    Found, Kind,
};
use crate::{
    ReadError,
    pg::{failed, number, session_client, unsigned, uuid},
};

/// Checkpoints read at once.
const PAGE: i64 = 1_000;
/// Tiles of one level read at once.
const TILES: u64 = 64;

/// The checkpoints that are accepted, the smallest first. Others are told and
/// passed over.
pub(super) struct Checkpoints<'a> {
    pool: &'a Pool,
    keyring: &'a Keyring,
    tenant: Ulid,
    /// Up to which size there are some in the database.
    to: u64,
    after: u64,
    ended: bool,
    next: VecDeque<Checkpoint>,
    /// What was kept outside, the smallest first.
    kept: VecDeque<Checkpoint>,
}

impl<'a> Checkpoints<'a> {
    pub(super) fn new(
        (pool, keyring): (&'a Pool, &'a Keyring),
        tenant: Ulid,
        to: u64,
        mut kept: Vec<Checkpoint>,
    ) -> Self {
        kept.sort_by_key(|checkpoint| checkpoint.size);
        let (next, kept) = (VecDeque::new(), kept.into());
        Self { pool, keyring, tenant, to, after: 0, ended: to == 0, next, kept }
    }

    /// The next one, if its size is this.
    pub(super) async fn at(
        &mut self,
        size: u64,
        found: &mut Found,
    ) -> Result<Option<Checkpoint>, ReadError> {
        while self.next.is_empty() && !self.ended {
            self.fill(found).await?;
        }
        let is_it = |queue: &VecDeque<Checkpoint>| queue.front().is_some_and(|c| c.size == size);
        if is_it(&self.kept) {
            return Ok(self.kept.pop_front());
        }
        Ok(if is_it(&self.next) { self.next.pop_front() } else { None })
    }

    /// The size of the largest that is accepted.
    pub(super) async fn largest(&self) -> Result<u64, ReadError> {
        let sql = "SELECT size, root, note FROM log.tree_checkpoints
             WHERE tenant_id = $1 AND size <= $2 ORDER BY size DESC LIMIT $3";
        let kept = self.kept.back().map_or(0, |checkpoint| checkpoint.size);
        let mut to = self.to;
        while to > kept {
            let client = session_client(self.pool).await?;
            let statement = client.prepare_cached(sql).await.map_err(failed)?;
            let rows = client.query(&statement, &[&uuid(self.tenant), &number(to), &PAGE]).await;
            let rows = rows.map_err(failed)?;
            let mut smallest = 0;
            for row in &rows {
                smallest = unsigned(row.try_get(0).map_err(failed)?);
                if self.open(row)?.is_ok() {
                    return Ok(smallest.max(kept));
                }
            }
            to = smallest.saturating_sub(1);
        }
        Ok(kept)
    }

    async fn fill(&mut self, found: &mut Found) -> Result<(), ReadError> {
        let client = session_client(self.pool).await?;
        let sql = include_str!("../sql/audit_checkpoints.sql");
        let statement = client.prepare_cached(sql).await.map_err(failed)?;
        let (after, to) = (number(self.after), number(self.to));
        let rows = client.query(&statement, &[&uuid(self.tenant), &after, &to, &PAGE]).await;
        let rows = rows.map_err(failed)?;
        self.ended = rows.is_empty();
        for row in &rows {
            let size: i64 = row.try_get(0).map_err(failed)?;
            self.after = unsigned(size);
            match self.open(row)? {
                Ok(checkpoint) => self.next.push_back(checkpoint),
                Err(error) => {
                    let kind = match error {
                        NoteError::UnknownKey => Kind::ForgedCheckpoint,
                        _ => Kind::AlteredCheckpoint,
                    };
                    let detail = format!("the checkpoint of size {size} is not accepted: {error}");
                    found.add(kind, (size, size), detail);
                }
            }
        }
        Ok(())
    }

    fn open(&self, row: &tokio_postgres::Row) -> Result<Result<Checkpoint, NoteError>, ReadError> {
        let size: i64 = row.try_get(0).map_err(failed)?;
        let root: &[u8] = row.try_get(1).map_err(failed)?;
        let note: &str = row.try_get(2).map_err(failed)?;
        Ok(self.keyring.open(self.tenant, note).and_then(|checkpoint| {
            if checkpoint.size != unsigned(size) || checkpoint.root != *root {
                return Err(NoteError::Malformed("it is stored with another size or root"));
            }
            Ok(checkpoint)
        }))
    }
}

/// The tiles of one level, as far as they are needed.
pub(super) struct Level<'a> {
    pool: &'a Pool,
    tenant: Ulid,
    /// The leaves are level 0.
    height: u8,
    /// Which are read.
    window: std::ops::Range<u64>,
    tiles: Tiles,
}

impl<'a> Level<'a> {
    pub(super) fn new(pool: &'a Pool, tenant: Ulid, height: u8) -> Self {
        Self { pool, tenant, height, window: 0..0, tiles: Tiles::default() }
    }

    /// A hash of this level, as it is stored.
    pub(super) async fn hash(&mut self, index: u64) -> Result<Option<Hash>, ReadError> {
        let place = index / WIDTH;
        if !self.window.contains(&place) {
            self.window = place..place + TILES;
            let client = session_client(self.pool).await?;
            let sql = include_str!("../sql/audit_tiles.sql");
            let statement = client.prepare_cached(sql).await.map_err(failed)?;
            let (level, from, to) =
                (i16::from(self.height), number(place), number(place + TILES - 1));
            let rows = client.query(&statement, &[&uuid(self.tenant), &level, &from, &to]).await;
            self.tiles = store::tiles(&rows.map_err(failed)?).map_err(failed)?;
        }
        let tile = self.tiles.get((self.height, place));
        Ok(tile.and_then(|hashes| hash_at(hashes, index % WIDTH)))
    }
}
