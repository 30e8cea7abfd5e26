//! Proofs of one tenant's log, made from its tiles.

use base64::{Engine, engine::general_purpose::STANDARD};
use deadpool_postgres::Pool;
use ulid::Ulid;

use super::{
    Checkpoint, Document, Hash, KeyState, Keyring, Leaf, ListedKey, NoteError, consistency_holds,
    inclusion_holds,
    proof::{self, Plan},
    store::{self, Stored},
};
use crate::{
    ReadError, TenantId,
    history::History,
    pg::{TenantRead, failed, number, read_as, session_client, uuid},
};

/// Makes proofs. Reads a handful of tiles for each, however long the log is.
#[derive(Clone, Debug)]
pub struct Proofs {
    pool: Pool,
    keyring: Keyring,
    history: History,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// Nothing was signed yet.
    #[error("no checkpoint of this log is signed yet; try again in a moment")]
    NoCheckpoint,
    /// No checkpoint has this size.
    #[error("{parameter}: no checkpoint has the size {size}; leave it out for the last one")]
    NoSuchSize {
        /// Which parameter asks for it.
        parameter: &'static str,
        /// The size.
        size: u64,
    },
    /// The event is not, or not yet, in the signed log.
    #[error("position: expected 1 to {size}, which are signed, got {position}")]
    OutOfRange {
        /// The position.
        position: u64,
        /// How far the log was signed.
        size: u64,
    },
    /// A log cannot continue a longer one.
    #[error("from: expected at most the size of the later checkpoint, {to}, got {from}")]
    Backwards {
        /// The earlier size.
        from: u64,
        /// The later size.
        to: u64,
    },
    /// The database does not hold what was signed. This is what proofs are for.
    #[error("{0}: the log is not what was signed; run `tenantry proof audit`")]
    Altered(String),
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Proofs {
    /// Proofs over a pool whose sessions may read the log as a tenant.
    #[must_use]
    pub fn new(pool: Pool, keyring: Keyring) -> Self {
        Self { pool, keyring, history: History::default() }
    }

    /// The same, reading events through a history.
    #[must_use]
    pub fn with_history(self, history: History) -> Self {
        Self { history, ..self }
    }

    /// The keys by which a tenant's checkpoints are verified.
    #[must_use]
    pub fn keys(&self, tenant: Ulid) -> Document {
        let states = std::iter::once(KeyState::Current).chain(std::iter::repeat(KeyState::Retired));
        let keys = self.keyring.keys(tenant).into_iter().zip(states);
        Document::Keys {
            tenant: TenantId(tenant).to_string(),
            keys: keys.map(|(key, state)| ListedKey { key: key.to_string(), state }).collect(),
        }
    }

    /// The checkpoint of a size, or the last one.
    ///
    /// # Errors
    /// When there is none, or it is not the one that was signed.
    pub async fn checkpoint(
        &self,
        tenant: Ulid,
        size: Option<u64>,
    ) -> Result<Document, ProofError> {
        let (stored, _) = self.signed(tenant, size, "size").await?;
        Ok(Document::Checkpoint {
            tenant: TenantId(tenant).to_string(),
            size: stored.size,
            signed_at: stored.signed_at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
            checkpoint: stored.note,
        })
    }

    /// The proof that an event is in the log of a checkpoint, the last one
    /// unless its size is given.
    ///
    /// # Errors
    /// When the event is not in it, or the database is not what was signed.
    pub async fn inclusion(
        &self,
        tenant: Ulid,
        position: u64,
        size: Option<u64>,
    ) -> Result<Document, ProofError> {
        let (stored, checkpoint) = self.signed(tenant, size, "size").await?;
        let size = checkpoint.size;
        if !(1..=size).contains(&position) {
            return Err(ProofError::OutOfRange { position, size });
        }
        let index = position - 1;
        let plan = proof::inclusion(index, size);
        let (leaf, hashes) =
            tokio::try_join!(self.leaf(tenant, position), self.hashes(tenant, &plan))?;
        let hashes = hashes.unwrap_or_default();
        if !inclusion_holds(leaf.hash(), index, size, &hashes, &checkpoint.root) {
            return Err(ProofError::Altered(format!("the event at position {position}")));
        }
        Ok(Document::Inclusion {
            tenant: TenantId(tenant).to_string(),
            position,
            size,
            leaf: STANDARD.encode(leaf.0),
            proof: texts(&hashes),
            checkpoint: stored.note,
        })
    }

    /// The proof that the log of a checkpoint continues that of an earlier
    /// one. The later is the last unless its size is given.
    ///
    /// # Errors
    /// When it does not, or the database is not what was signed.
    pub async fn consistency(
        &self,
        tenant: Ulid,
        from: u64,
        to: Option<u64>,
    ) -> Result<Document, ProofError> {
        let (last, checkpoint) = self.signed(tenant, to, "to").await?;
        let to = checkpoint.size;
        if from > to {
            return Err(ProofError::Backwards { from, to });
        }
        let (first, earlier) = self.signed(tenant, Some(from), "from").await?;
        let hashes = self.hashes(tenant, &proof::consistency(from, to)).await?.unwrap_or_default();
        if !consistency_holds((from, &earlier.root), (to, &checkpoint.root), &hashes) {
            return Err(ProofError::Altered(format!("the log from {from} to {to}")));
        }
        Ok(Document::Consistency {
            tenant: TenantId(tenant).to_string(),
            from,
            to,
            proof: texts(&hashes),
            from_checkpoint: first.note,
            to_checkpoint: last.note,
        })
    }

    async fn signed(
        &self,
        tenant: Ulid,
        size: Option<u64>,
        parameter: &'static str,
    ) -> Result<(Stored, Checkpoint), ProofError> {
        let sql = include_str!("sql/checkpoint.sql");
        let asked = size.map(number);
        let rows = read_as(&self.pool, tenant, sql, &[&uuid(tenant), &asked]).await?;
        let Some(row) = rows.first() else {
            return Err(match size {
                Some(size) => ProofError::NoSuchSize { parameter, size },
                None => ProofError::NoCheckpoint,
            });
        };
        let stored = store::stored(row).map_err(failed)?;
        let altered = |error: NoteError| {
            ProofError::Altered(format!("the checkpoint of size {}: {error}", stored.size))
        };
        let checkpoint = self.keyring.open(tenant, &stored.note).map_err(altered)?;
        if checkpoint.size != stored.size {
            return Err(altered(NoteError::Malformed("it is of another size")));
        }
        Ok((stored, checkpoint))
    }

    async fn leaf(&self, tenant: Ulid, position: u64) -> Result<Leaf, ProofError> {
        let client = session_client(&self.pool).await?;
        let session = TenantRead { client: &client, tenant };
        match self.history.at(&session, tenant, &[position]).await?.first() {
            Some(event) => Ok(event.leaf()?),
            None => Err(ProofError::Altered(format!("there is no event at position {position}"))),
        }
    }

    /// The hashes of a proof; nothing when a tile is missing or too short.
    async fn hashes(&self, tenant: Ulid, plan: &Plan) -> Result<Option<Vec<Hash>>, ProofError> {
        if plan.is_empty() {
            return Ok(Some(vec![]));
        }
        let (levels, places) = store::places_of(plan);
        let sql = include_str!("sql/tiles.sql");
        let rows = read_as(&self.pool, tenant, sql, &[&uuid(tenant), &levels, &places]).await?;
        let tiles = store::tiles(&rows).map_err(failed)?;
        Ok(plan.iter().map(|nodes| tiles.hash_of(nodes)).collect())
    }
}

fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| STANDARD.encode(hash)).collect()
}
