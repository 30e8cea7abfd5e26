//! Moving events into cold storage.
//!
//! A segment is read at one moment, held to what was signed, written into its
//! object, and read back. Only then one transaction registers it and removes
//! its events. Whoever is stopped before that has changed nothing: the object it
//! may have written is named after what is in it, so the next one writes the
//! same. Objects are never removed.

use chrono::{DateTime, Utc};
use deadpool_postgres::{ClientWrapper, Pool, Transaction};
use sha2::{Digest, Sha256};
use tokio_postgres::Row;
use ulid::Ulid;

use super::{
    Cold, CoolError, Entry, Index,
    segment::{Draft, Segment},
};
use crate::{
    ReadError, TenantId,
    history::{Column, History, Stretch, Within},
    integrity::{Hash, Keyring, SealError, check_leaves, leaf_hash},
    pg::{failed, moment_of, number, session_client, ulid, unsigned, uuid},
};

/// Events that are read at once.
const PAGE: u64 = 2_048;

/// How large segments are.
#[derive(Clone, Copy, Debug)]
pub struct Segments {
    /// Nothing is moved while fewer events than this could be.
    pub least: u64,
    /// A segment ends with this many events,
    pub most: u64,
    /// or with the event that reaches so many bytes, before they are packed.
    pub bytes: u64,
}

impl Default for Segments {
    fn default() -> Self {
        Self { least: 1_000, most: 16_384, bytes: 8 * 1024 * 1024 }
    }
}

/// What to move.
#[derive(Clone, Copy, Debug)]
pub struct CoolOrder {
    /// Whose events.
    pub tenant: Ulid,
    /// Only those that were recorded by then.
    pub recorded_by: DateTime<Utc>,
}

/// How far a log may be moved, and why no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Where the log ends.
    pub head: u64,
    /// Up to here it is cold.
    pub cold: u64,
    /// Up to here it is sealed.
    pub sealed: u64,
    /// The last position that is old enough.
    pub old: u64,
    /// The consumer that has seen least, and up to where; if there is any.
    pub slowest: Option<(String, u64)>,
}

impl Bounds {
    /// Up to here events may be moved.
    #[must_use]
    pub fn until(&self) -> u64 {
        let seen = self.slowest.as_ref().map_or(u64::MAX, |slowest| slowest.1);
        self.head.min(self.sealed).min(self.old).min(seen)
    }
}

/// What was moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cooled {
    /// How many events.
    pub events: u64,
    /// Into how many segments.
    pub segments: u64,
    /// How many bytes their objects have.
    pub bytes: u64,
}

/// Moves events over a pool whose sessions have the role `tenantry_cold`. Any
/// number may work on the same logs: whoever was slower moves nothing.
#[derive(Clone, Debug)]
pub struct Cooler {
    pool: Pool,
    keyring: Keyring,
    history: History,
    segments: Segments,
}

/// Events that are ready to be moved.
struct Ready {
    draft: Draft,
    leaves: Vec<Hash>,
}

impl Cooler {
    /// Moves events to where a history reads them from. What is signed is
    /// verified with these keys.
    #[must_use]
    pub fn new(pool: Pool, keyring: Keyring, history: History, segments: Segments) -> Self {
        Self { pool, keyring, history, segments }
    }

    /// The tenants that may have a segment to be moved.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tenants(&self) -> Result<Vec<Ulid>, ReadError> {
        let client = session_client(&self.pool).await?;
        let least = number(self.segments.least.max(1));
        let rows = client.query(include_str!("sql/tenants.sql"), &[&least]).await;
        let tenant = |row: &Row| row.try_get(0).map(ulid).map_err(failed);
        rows.map_err(failed)?.iter().map(tenant).collect()
    }

    /// How far a tenant's log may be moved.
    ///
    /// # Errors
    /// When the tenant has no log, or the log cannot be read.
    pub async fn bounds(&self, order: CoolOrder) -> Result<Bounds, CoolError> {
        let mut client = session_client(&self.pool).await?;
        let CoolOrder { tenant, recorded_by } = order;
        let moment = moment_of(&mut client, tenant).await?;
        let (mut bounds, _) = self.look(&moment, tenant).await?;
        let (session, head) = (Within(&*moment), bounds.head);
        bounds.old = self.history.last_by(&session, tenant, head, recorded_by).await?;
        Ok(bounds)
    }

    /// Moves the next segment; nothing when there is none, or when somebody
    /// else was faster.
    ///
    /// # Errors
    /// When the log is not what was signed, or database or place fail; nothing
    /// was moved then, unless the connection broke in the last moment.
    pub async fn cool(&self, order: CoolOrder) -> Result<Option<Cooled>, CoolError> {
        let cold = self.history.cold().ok_or(CoolError::NoPlace)?;
        let mut client = session_client(&self.pool).await?;
        let Some(Ready { mut draft, leaves }) = self.ready(&mut client, order).await? else {
            return Ok(None);
        };
        // Nobody holds a connection while an object is written.
        drop(client);
        let packing = tokio::task::spawn_blocking(move || {
            let object = draft.pack()?;
            let sha256 = Sha256::digest(&object);
            Ok::<_, std::io::Error>((draft, object, sha256))
        });
        let (draft, object, sha256) = packing.await??;
        let entry = Entry {
            first: draft.first(),
            last: draft.last(),
            object: name(order.tenant, &draft, &sha256),
            sha256: sha256.to_vec(),
            bytes: object.len() as u64,
            text_bytes: draft.text_bytes(),
        };
        cold.place().put(&entry.object, object).await?;
        read_back(cold, order.tenant, &entry, &leaves).await?;
        let moved = self.register(order.tenant, &entry, &draft).await?;
        Ok(moved.then(|| Cooled { events: draft.events(), segments: 1, bytes: entry.bytes }))
    }

    /// Reads the next segment at one moment, and holds it to what was signed.
    async fn ready(
        &self,
        client: &mut ClientWrapper,
        order: CoolOrder,
    ) -> Result<Option<Ready>, CoolError> {
        let CoolOrder { tenant, recorded_by } = order;
        let moment = moment_of(client, tenant).await?;
        let session = Within(&*moment);
        let (bounds, note) = self.look(&moment, tenant).await?;
        let Segments { least, most, bytes } = self.segments;
        let until = bounds.until().min(bounds.cold.saturating_add(most));
        let decides = bounds.cold.saturating_add(least.max(1));
        if until < decides {
            return Ok(None);
        }
        let found = self.history.at(&session, tenant, &[decides]).await?;
        let Some(event) = found.first() else {
            return Err(SealError::Missing { position: decides }.into());
        };
        // Those before it are older, those behind it younger.
        if event.recorded_at()? > recorded_by {
            return Ok(None);
        }
        let mut draft = Draft::new(tenant, bounds.cold + 1);
        let mut leaves = vec![];
        'segment: while draft.last() < until && draft.text_bytes() < bytes {
            let (after, limit) = (draft.last(), PAGE);
            let stretch = Stretch { tenant, after, until, types: None, limit };
            let events = self.history.stretch(&session, stretch).await?;
            if events.is_empty() {
                return Err(SealError::Missing { position: draft.last() + 1 }.into());
            }
            for event in events {
                let position = draft.last() + 1;
                if event.position()? != position {
                    return Err(SealError::Missing { position }.into());
                }
                let is_young = position > decides && event.recorded_at()? > recorded_by;
                if is_young || draft.text_bytes() >= bytes {
                    break 'segment;
                }
                let leaf = event.leaf()?;
                draft.push(event.get(Column::Stream)?, event.version()?, &leaf.0);
                leaves.push(leaf_hash(&leaf.0));
            }
        }
        let place = (tenant, draft.first());
        let signed = (bounds.sealed, &*note.unwrap_or_default());
        check_leaves(&session, &self.keyring, place, signed, &leaves).await??;
        moment.commit().await.map_err(failed)?;
        Ok(Some(Ready { draft, leaves }))
    }

    /// The bounds at a moment, as if all events were old enough, and what was
    /// signed last.
    async fn look(
        &self,
        moment: &Transaction<'_>,
        tenant: Ulid,
    ) -> Result<(Bounds, Option<String>), CoolError> {
        let sql = include_str!("sql/bounds.sql");
        let found = moment.query_opt(sql, &[&uuid(tenant)]).await.map_err(failed)?;
        let unknown = || CoolError::UnknownTenant(TenantId(tenant).to_string());
        let row = found.ok_or_else(unknown)?;
        let position = |column| {
            let position = row.try_get::<_, Option<i64>>(column).map_err(failed);
            position.map(|position| position.map(unsigned))
        };
        let (head, cold) = (position(0)?.unwrap_or(0), position(1)?.unwrap_or(0));
        let sealed = position(2)?.unwrap_or(0);
        let consumer: Option<String> = row.try_get(4).map_err(failed)?;
        let slowest = consumer.zip(position(5)?);
        let note = row.try_get(3).map_err(failed)?;
        Ok((Bounds { head, cold, sealed, old: head, slowest }, note))
    }

    async fn register(
        &self,
        tenant: Ulid,
        entry: &Entry,
        draft: &Draft,
    ) -> Result<bool, ReadError> {
        let client = session_client(&self.pool).await?;
        let (first, last) = (number(entry.first), number(entry.last));
        let (bytes, text_bytes) = (number(entry.bytes), number(entry.text_bytes));
        let streams = Index::pack(draft.streams());
        let row = client
            .query_one(
                include_str!("sql/cool.sql"),
                &[
                    &uuid(tenant),
                    &first,
                    &last,
                    &entry.object,
                    &bytes,
                    &text_bytes,
                    &entry.sha256,
                    &streams,
                ],
            )
            .await
            .map_err(failed)?;
        row.try_get(0).map_err(failed)
    }
}

/// Looks whether an object is what was written, and its events those that were
/// held to what was signed.
async fn read_back(
    cold: &Cold,
    tenant: Ulid,
    entry: &Entry,
    leaves: &[Hash],
) -> Result<(), CoolError> {
    let differs = |detail: String| CoolError::ReadBack(detail);
    let segment = cold.fetch(tenant, entry).await;
    let segment = segment.map_err(|unfetched| differs(unfetched.detail().to_owned()))?;
    let same = |segment: &Segment| {
        let hashes = segment.leaves().map(|leaf| leaf_hash(&leaf));
        hashes.eq(leaves.iter().copied())
    };
    if same(&segment) { Ok(()) } else { Err(differs(cold.place().show(&entry.object))) }
}

/// What an object is called: after its tenant, its positions and its content.
fn name(tenant: Ulid, draft: &Draft, sha256: &[u8]) -> String {
    let hash = sha256.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    format!("{}/{:020}-{:020}-{hash:016x}.zst", TenantId(tenant), draft.first(), draft.last())
}
