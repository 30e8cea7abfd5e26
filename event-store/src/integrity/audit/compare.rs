//! One tenant's log, compared with what was signed of it.

use deadpool_postgres::Pool;
use ulid::Ulid;

use super::{
    super::{
        Checkpoint, Hash, Keyring, Leaf, Tree,
        tiles::{LEVELS, WIDTH},
    },
    Audited, Found, Kind,
    moves::Moves,
    reader::Rows,
    signed::{Checkpoints, Level},
};
use crate::{
    ReadError,
    history::{Column, History},
    pg::{failed, moment, number, session_client, unsigned, uuid},
};

/// The rows that the head does not count, as far as they are told.
const ABOVE_THE_HEAD: &str = concat!(
    include_str!("../../history/sql/events.sql"),
    include_str!("../sql/audit_above_the_head.sql")
);

/// A row that is not what its tile says.
struct Doubt {
    position: i64,
    content: Vec<u8>,
}

pub(super) struct Comparison<'a> {
    pool: &'a Pool,
    tenant: Ulid,
    /// How many events the head counts.
    head: u64,
    /// How many events the last checkpoint that is accepted counts.
    sealed: u64,
    checkpoints: Checkpoints<'a>,
    levels: Vec<Level<'a>>,
    /// The tree of the hashes in the tiles, or of the rows where they are
    /// missing.
    stored: Tree,
    /// The tree of the rows, where it is another.
    rows: Option<Tree>,
    /// Since the last checkpoint that fits.
    doubts: Vec<Doubt>,
    /// The size of the last checkpoint that fits.
    fits: u64,
    /// Whether one did not fit: those behind it cannot either.
    lost: bool,
    moves: Moves,
    found: Found,
    judged: u64,
    events: u64,
}

impl<'a> Comparison<'a> {
    pub(super) async fn begin(
        pool: &'a Pool,
        keyring: &'a Keyring,
        tenant: Ulid,
        kept: Vec<Checkpoint>,
    ) -> Result<Self, ReadError> {
        let mut found = Found::new(tenant);
        let (head, to) = bounds(pool, tenant, &mut found).await?;
        let checkpoints = Checkpoints::new((pool, keyring), tenant, to, kept);
        Ok(Self {
            sealed: checkpoints.largest().await?,
            checkpoints,
            levels: (0..LEVELS).map(|level| Level::new(pool, tenant, level)).collect(),
            stored: Tree::default(),
            rows: None,
            doubts: vec![],
            fits: 0,
            lost: false,
            moves: Moves::default(),
            judged: 0,
            events: 0,
            pool,
            tenant,
            head,
            found,
        })
    }

    pub(super) async fn run(
        mut self,
        history: &History,
        mut progress: impl FnMut(u64),
    ) -> Result<Audited, ReadError> {
        if self.head < self.sealed {
            let detail =
                format!("the head counts {} events, {} were signed", self.head, self.sealed);
            self.found.add(
                Kind::TruncatedLog,
                (number(self.head + 1), number(self.sealed)),
                detail,
            );
        }
        let last = self.head.max(self.sealed);
        let mut rows = Rows::read(self.pool, history, self.tenant, number(last));
        while let Some(row) = rows.peek().await?.filter(|row| row.position < 1) {
            let position = row.position;
            self.insert(position, rows.content().to_vec());
            rows.advance();
        }
        for position in 1..=self.sealed {
            self.compare(position, &mut rows).await?;
            if position.is_multiple_of(WIDTH * 64) {
                progress(self.events);
            }
        }
        self.doubtful(Kind::Contradiction);
        self.unsealed(last, &mut rows).await?;
        for lost in rows.lost() {
            self.found.add(lost.kind, (lost.first, lost.last), &*lost.detail);
        }
        self.above_the_head(last).await?;
        // Those that are not accepted are told although nothing lies there.
        self.checkpoints.at(u64::MAX, &mut self.found).await?;
        progress(self.events);
        self.moves.tell(&mut self.found);
        let (differences, found) = self.found.into_told();
        Ok(Audited {
            tenants: 1,
            events: self.events,
            sealed: self.sealed.min(self.events),
            checkpoints: self.judged,
            differences,
            found,
        })
    }

    /// Compares the rows of a sealed position, of which there should be one.
    async fn compare(&mut self, position: u64, rows: &mut Rows) -> Result<(), ReadError> {
        let at = number(position);
        let stored = match self.levels.first_mut() {
            Some(leaves) => leaves.hash(position - 1).await?,
            None => None,
        };
        let mut row: Option<Hash> = None;
        let mut doubt = None;
        while let Some(next) = rows.peek().await?.filter(|next| next.position == at) {
            let hash = next.hash;
            if row.is_none() || (doubt.is_some() && Some(hash) == stored) {
                // Of several the one that was sealed is the right one.
                if let Some(Doubt { position, content }) = doubt.take() {
                    self.insert(position, content);
                }
                let differs = stored.is_some_and(|stored| stored != hash);
                doubt = differs.then(|| Doubt { position: at, content: rows.content().to_vec() });
                row = Some(hash);
            } else {
                self.insert(at, rows.content().to_vec());
            }
            self.events += 1;
            rows.advance();
        }
        if let (Some(sealed), true) = (stored, row.is_none() || doubt.is_some()) {
            self.moves.place(at, sealed);
        }
        self.doubts.extend(doubt);
        if self.lost {
            // No checkpoint will tell any more.
            self.doubtful(Kind::Contradiction);
        }
        if row.is_none() && !rows.is_lost(at) {
            self.found.deleted(at, at);
        }
        self.push(position, stored, row).await?;
        while let Some(checkpoint) = self.checkpoints.at(position, &mut self.found).await? {
            self.judge(&checkpoint);
        }
        Ok(())
    }

    /// Grows both trees, and compares what becomes complete with the tiles.
    async fn push(
        &mut self,
        position: u64,
        stored: Option<Hash>,
        row: Option<Hash>,
    ) -> Result<(), ReadError> {
        if stored.is_none() && (position % WIDTH == 1 || position == self.sealed) {
            let index = (position - 1) / WIDTH;
            let detail = format!("tile 0/{index} is missing or too short");
            self.found.add(Kind::AlteredTile, below(1, index), detail);
        }
        let (in_tile, in_row) = match (stored, row) {
            (Some(stored), row) => (stored, row.unwrap_or(stored)),
            (None, row) => (row.unwrap_or_default(), row.unwrap_or_default()),
        };
        if in_tile != in_row && self.rows.is_none() {
            self.rows = Some(self.stored.clone());
        }
        let mut complete: Vec<(u8, u64, Hash)> = vec![];
        let mut above = |level, index, hash| {
            if level > 0 {
                complete.push((level, index, hash));
            }
        };
        self.stored.push(in_tile, &mut above);
        if let Some(rows) = &mut self.rows {
            rows.push(in_row, &mut above);
        }
        let mut places: Vec<(u8, u64)> = complete.iter().map(|one| (one.0, one.1)).collect();
        places.dedup();
        places.sort_unstable();
        places.dedup();
        for (level, index) in places {
            let Some(tiles) = self.levels.get_mut(usize::from(level)) else { continue };
            let tile = tiles.hash(index).await?;
            let follows =
                complete.iter().any(|one| (one.0, one.1) == (level, index) && Some(one.2) == tile);
            if !follows {
                let (tile, place) = (index / WIDTH, index % WIDTH);
                let detail = format!(
                    "hash {place} of tile {level}/{tile} does not follow from the level below"
                );
                self.found.add(Kind::AlteredTile, below(level.into(), index), detail);
            }
        }
        Ok(())
    }

    /// Lets a checkpoint say which tree was signed.
    fn judge(&mut self, checkpoint: &Checkpoint) {
        self.judged += 1;
        if self.lost {
            return;
        }
        if self.stored.root() == checkpoint.root {
            self.doubtful(Kind::AlteredRow);
            self.rows = None;
        } else if let Some(rows) = self.rows.take_if(|rows| rows.root() == checkpoint.root) {
            self.stored = rows;
            for doubt in std::mem::take(&mut self.doubts) {
                let index = doubt.position - 1;
                let detail = format!(
                    "hash {} of tile 0/{} is not that of the event, which is as it was signed",
                    index % 256,
                    index / 256
                );
                self.found.add(Kind::AlteredTile, (doubt.position, doubt.position), detail);
            }
        } else {
            let detail = format!(
                "the events do not give the root that was signed at size {}; up to {} they do",
                checkpoint.size, self.fits
            );
            let range = (number(self.fits + 1), number(checkpoint.size));
            self.found.add(Kind::AlteredLog, range, detail);
            self.doubtful(Kind::Contradiction);
            self.rows = None;
            self.lost = true;
            return;
        }
        self.fits = checkpoint.size;
    }

    /// What is to be said of the rows in doubt.
    fn doubtful(&mut self, kind: Kind) {
        for Doubt { position, content } in std::mem::take(&mut self.doubts) {
            self.moves.row(position, content, kind, &mut self.found);
        }
    }

    fn insert(&mut self, position: i64, content: Vec<u8>) {
        self.moves.row(position, content, Kind::InsertedRow, &mut self.found);
    }

    /// Behind the last checkpoint nothing is known but that there are no gaps.
    async fn unsealed(&mut self, last: u64, rows: &mut Rows) -> Result<(), ReadError> {
        let mut expected = number(self.sealed + 1);
        while let Some(row) = rows.peek().await? {
            let position = row.position;
            self.events += 1;
            if position < expected {
                self.insert(position, rows.content().to_vec());
            } else {
                if position > expected {
                    self.found.deleted(expected, position - 1);
                }
                expected = position + 1;
            }
            rows.advance();
        }
        if expected <= number(last) {
            self.found.deleted(expected, number(last));
        }
        Ok(())
    }

    /// Rows that the head does not count, as it stands at the same moment.
    async fn above_the_head(&mut self, last: u64) -> Result<(), ReadError> {
        let client = session_client(self.pool).await?;
        let rows = client.query(ABOVE_THE_HEAD, &[&uuid(self.tenant), &number(last)]).await;
        for row in rows.map_err(failed)? {
            let position: i64 = row.try_get(Column::Position as usize).map_err(failed)?;
            self.insert(position, Leaf::of(&row).map_err(failed)?.0);
        }
        Ok(())
    }
}

/// How many events the head and the last checkpoint count, which need not be
/// accepted. Tells tiles that have more hashes than that.
async fn bounds(pool: &Pool, tenant: Ulid, found: &mut Found) -> Result<(u64, u64), ReadError> {
    let (id, mut client) = (uuid(tenant), session_client(pool).await?);
    // Sealers go on meanwhile.
    let moment = moment(&mut client).await?;
    let row = moment.query_one(include_str!("../sql/audit_bounds.sql"), &[&id]).await;
    let row = row.map_err(failed)?;
    let bound = |column| Ok(unsigned(row.try_get::<_, Option<i64>>(column)?.unwrap_or(0)));
    let (head, to) = (bound(0).map_err(failed)?, bound(1).map_err(failed)?);
    let wide = moment.query(include_str!("../sql/audit_wide.sql"), &[&id, &number(to)]).await;
    for row in wide.map_err(failed)? {
        let level: i16 = row.try_get(0).map_err(failed)?;
        let index: i64 = row.try_get(1).map_err(failed)?;
        let width: i64 = row.try_get(2).map_err(failed)?;
        let detail = format!(
            "tile {level}/{index} has {width} hashes, more than the last checkpoint, of size {to}, \
             covers: hashes were added or a checkpoint was deleted"
        );
        let above = u32::try_from(level).unwrap_or(0) + 1;
        found.add(Kind::AlteredTile, below(above, unsigned(index)), detail);
    }
    Ok((head, to))
}

/// The positions below a hash of a level. A whole tile lies below the hash that
/// the next level has for it.
fn below(level: u32, index: u64) -> (i64, i64) {
    let leaves = 1_u64 << (8 * level).min(56);
    let first = index.saturating_mul(leaves);
    (number(first.saturating_add(1)), number(first.saturating_add(leaves)))
}
