//! The sealer: hashes what is new in a tenant's log, and signs.

use deadpool_postgres::{Pool, Transaction};
use futures_util::TryStreamExt;
use tokio_postgres::{Row, types::ToSql};
use ulid::Ulid;
use uuid::Uuid;

use super::{Keyring, NoteError, Tree, leaf, leaf_hash, store, tiles::Tiles};
use crate::{
    ReadError,
    history::Column,
    pg::{failed, moment, number, session_client, ulid, unsigned, uuid},
};

/// The most events sealed at once: a few dozen tiles.
const BATCH: u64 = 16_384;

/// Seals logs. Any number of sealers may work on the same logs: whoever was
/// slower writes nothing.
#[derive(Clone, Debug)]
pub struct Sealer {
    pool: Pool,
    keyring: Keyring,
    batch: u64,
}

/// What was sealed of one log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// How many events were sealed before.
    pub from: u64,
    /// How many are now.
    pub to: u64,
    /// How many there are.
    pub head: u64,
}

/// A log that is not sealed to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// Whose.
    pub tenant: Ulid,
    /// How many events it has.
    pub head: u64,
    /// How many of them are sealed.
    pub sealed: u64,
}

/// Why a log was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The log could not be read, or the seal not written.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// This process cannot sign.
    #[error("there is no private key to sign with; set integrity.signing_key_file")]
    NoKey,
    /// There are fewer events than were signed.
    #[error("the log has {head} events, but {sealed} were signed")]
    Shorter {
        /// How many there are.
        head: u64,
        /// How many were signed.
        sealed: u64,
    },
    /// An event is not there.
    #[error("there is no event at position {position}")]
    Missing {
        /// Where.
        position: u64,
    },
    /// The last checkpoint is none of ours.
    #[error("the checkpoint of size {size} is not accepted: {source}")]
    Checkpoint {
        /// Its size.
        size: u64,
        /// Why not.
        source: NoteError,
    },
    /// Events are not those that were signed.
    #[error("positions {first} to {last} are not what was signed")]
    Altered {
        /// The first of them.
        first: u64,
        /// The last.
        last: u64,
    },
    /// The tiles are not those of the last checkpoint.
    #[error("the tiles do not lead to the root that was signed at size {size}")]
    Tiles {
        /// Its size.
        size: u64,
    },
}

impl SealError {
    /// Whether it shows that somebody has altered the log. Such a log is not
    /// signed any further.
    #[must_use]
    pub fn is_evidence(&self) -> bool {
        !matches!(self, Self::Read(_) | Self::NoKey)
    }
}

/// What a log's seal was before.
struct State {
    head: u64,
    /// How many events are sealed.
    size: u64,
    /// The last checkpoint, if there is one.
    note: Option<String>,
}

impl State {
    fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            head: unsigned(row.try_get::<_, Option<i64>>(0)?.unwrap_or(0)),
            size: unsigned(row.try_get::<_, Option<i64>>(1)?.unwrap_or(0)),
            note: row.try_get(3)?,
        })
    }
}

/// Becomes the tenant, and looks.
async fn state(
    transaction: &Transaction<'_>,
    tenant: Ulid,
) -> Result<State, tokio_postgres::Error> {
    let set_tenant = format!("SET LOCAL tenantry.tenant = '{}'", uuid(tenant));
    let statement = transaction.prepare_cached(include_str!("sql/state.sql")).await?;
    let id = uuid(tenant);
    let params: [&(dyn ToSql + Sync); 1] = [&id];
    let (set, row) = tokio::join!(
        biased;
        transaction.batch_execute(&set_tenant),
        transaction.query_one(&statement, &params),
    );
    set?;
    State::of(&row?)
}

/// The tiles to which the next leaf is added.
async fn edge(
    transaction: &Transaction<'_>,
    tenant: Ulid,
    size: u64,
) -> Result<Tiles, tokio_postgres::Error> {
    let statement = transaction.prepare_cached(include_str!("sql/edge.sql")).await?;
    let rows = transaction.query(&statement, &[&uuid(tenant), &number(size)]).await?;
    Ok(store::tiles(&rows)?.cut_to(size))
}

impl Sealer {
    /// A sealer over a pool whose sessions have the role `tenantry_worker`.
    #[must_use]
    pub fn new(pool: Pool, keyring: Keyring) -> Self {
        Self { pool, keyring, batch: BATCH }
    }

    /// The same with at most so many events at once.
    #[must_use]
    pub fn with_batch(self, batch: u64) -> Self {
        Self { batch, ..self }
    }

    /// The logs that are not sealed to their end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn behind(&self) -> Result<Vec<Behind>, ReadError> {
        let client = session_client(&self.pool).await?;
        let statement = client.prepare_cached(include_str!("sql/behind.sql")).await;
        let rows = client.query(&statement.map_err(failed)?, &[]).await.map_err(failed)?;
        let behind = rows.iter().map(|row| {
            let tenant: Uuid = row.try_get(0)?;
            let (head, sealed) = (unsigned(row.try_get(1)?), unsigned(row.try_get(2)?));
            Ok(Behind { tenant: ulid(tenant), head, sealed })
        });
        behind.collect::<Result<_, _>>().map_err(failed)
    }

    /// Seals the next events of a tenant's log. Nothing when there are none,
    /// or when another sealer was faster.
    ///
    /// Before anything is added to a log, its last checkpoint is verified and
    /// the tree compared with it: what was altered is not signed again.
    ///
    /// # Errors
    /// When the database does not answer, or the log is not what was signed.
    pub async fn seal(&self, tenant: Ulid) -> Result<Option<Seal>, SealError> {
        let Some((state, tree, tiles)) = self.grow(tenant).await? else { return Ok(None) };
        let (from, to, root) = (state.size, tree.size(), tree.root());
        let note = self.keyring.sign(tenant, to, root).ok_or(SealError::NoKey)?;
        let mut levels = vec![];
        let mut places = vec![];
        let mut hashes = vec![];
        for ((level, index), content) in tiles.grown_since(from).into_inner() {
            levels.push(i16::from(level));
            places.push(number(index));
            hashes.push(content);
        }
        let client = session_client(&self.pool).await?;
        let sql = include_str!("sql/seal.sql");
        let statement = client.prepare_cached(sql).await.map_err(failed)?;
        let root = &root[..];
        let row = client
            .query_one(
                &statement,
                &[
                    &uuid(tenant),
                    &number(from),
                    &number(to),
                    &root,
                    &note,
                    &levels,
                    &places,
                    &hashes,
                ],
            )
            .await
            .map_err(failed)?;
        let first: bool = row.try_get(0).map_err(failed)?;
        Ok(first.then_some(Seal { from, to, head: state.head }))
    }

    /// Reads what is new, as the tenant and at one moment.
    async fn grow(&self, tenant: Ulid) -> Result<Option<(State, Tree, Tiles)>, SealError> {
        let mut client = session_client(&self.pool).await?;
        let transaction = moment(&mut client).await?;
        let state = state(&transaction, tenant).await.map_err(failed)?;
        if state.head < state.size {
            return Err(SealError::Shorter { head: state.head, sealed: state.size });
        }
        if state.head == state.size {
            return Ok(None);
        }
        let mut tiles = edge(&transaction, tenant, state.size).await.map_err(failed)?;
        let mut tree = self.resume(tenant, &state, &tiles)?;
        let last = state.head.min(state.size + self.batch);
        let rows = store::stream_rows(&transaction, tenant, state.size, last);
        let mut rows = std::pin::pin!(rows.await.map_err(failed)?);
        let mut content = vec![];
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            let position: i64 = row.try_get(Column::Position as usize).map_err(failed)?;
            if unsigned(position) != tree.size() + 1 {
                break;
            }
            content.clear();
            leaf::write(&row, &mut content).map_err(failed)?;
            tree.push(leaf_hash(&content), |level, index, hash| tiles.push(level, index, hash));
        }
        if tree.size() != last {
            return Err(SealError::Missing { position: tree.size() + 1 });
        }
        Ok(Some((state, tree, tiles)))
    }

    /// The tree as it was signed last.
    fn resume(&self, tenant: Ulid, state: &State, tiles: &Tiles) -> Result<Tree, SealError> {
        let size = state.size;
        let Some(note) = &state.note else { return Ok(Tree::default()) };
        let opened = self.keyring.open(tenant, note);
        let signed = opened.map_err(|source| SealError::Checkpoint { size, source })?;
        let tree =
            tiles.tree(size).filter(|tree| signed.size == size && tree.root() == signed.root);
        tree.ok_or(SealError::Tiles { size })
    }
}
