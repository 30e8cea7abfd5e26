//! Forgetting a person.

use chrono::{DateTime, Utc};
use domain::kernel::{Claim, Registry, Timestamp};
use tokio_postgres::{Client, Transaction};
use ulid::Ulid;

use super::{KeyError, KeyRing};
use crate::{
    DecodeError, ReadError, StoredEvent, decode,
    history::{RawEvent, Within},
    pg::{unsigned, uuid},
};

/// Whom to forget, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Whose log.
    pub tenant: Ulid,
    /// The person.
    pub subject: Ulid,
    /// Who asked: `{kind}:{id}`.
    pub actor: String,
    /// Why, in words that say nothing about the person.
    pub reason: String,
}

/// What became of an [`Erasure`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Which erasure of the tenant it is: 1, 2, 3 …
    pub number: u64,
    /// Where the log ended then.
    pub position: u64,
    /// How many events hold something about the person, and keep it sealed.
    pub events: u64,
    /// When the key was destroyed.
    pub at: Timestamp,
    /// Whether the person had been erased before: this is what became of that.
    pub repeated: bool,
}

/// Why a person could not be forgotten. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The tenant has no log here.
    #[error("tenant {0} has no log here")]
    UnknownTenant(Ulid),
    /// There are no personal data of this person.
    #[error("the tenant has no personal data of {0}")]
    UnknownSubject(Ulid),
    /// An event about the person cannot be read.
    #[error("an event about the person cannot be read: {0}")]
    Event(#[from] DecodeError),
    /// The keys cannot be had.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The database refused.
    #[error("the database refused: {0}")]
    Database(#[from] tokio_postgres::Error),
}

impl From<ReadError> for EraseError {
    fn from(error: ReadError) -> Self {
        Self::Keys(error.into())
    }
}

/// Forgets a person: destroys their key, so that whatever it sealed says
/// nothing any more, and gives up the unique values that were theirs. From then
/// on consumers fold anew what they made of the person. Erasing again changes
/// nothing.
///
/// The session must be allowed to act as `tenantry_owner`. All processes are
/// told as soon as it is done.
///
/// # Errors
/// When there is no such tenant or person, or the database refuses; then
/// nothing has changed.
pub async fn erase(
    client: &mut Client,
    registry: &Registry,
    keys: &KeyRing,
    erasure: &Erasure,
) -> Result<Erased, EraseError> {
    let Erasure { tenant, subject, actor, reason } = erasure;
    let transaction = client.transaction().await?;
    transaction.batch_execute("SET LOCAL ROLE tenantry_owner").await?;
    // Nobody appends to the tenant's log meanwhile.
    let head = transaction
        .query_opt(
            "SELECT position, erasures FROM log.heads WHERE tenant_id = $1 FOR UPDATE",
            &[&uuid(*tenant)],
        )
        .await?
        .ok_or(EraseError::UnknownTenant(*tenant))?;
    if let Some(before) = earlier(&transaction, erasure).await? {
        return Ok(before);
    }
    let events = release_claims(&transaction, registry, keys, erasure).await?;
    let destroyed = transaction
        .execute(include_str!("sql/destroy.sql"), &[&uuid(*tenant), &uuid(*subject)])
        .await?;
    if destroyed == 0 {
        return Err(EraseError::UnknownSubject(*subject));
    }
    let (position, erasures): (i64, i64) = (head.try_get(0)?, head.try_get(1)?);
    let at: DateTime<Utc> = transaction
        .query_one(
            include_str!("sql/erase.sql"),
            &[&uuid(*tenant), &uuid(*subject), &position, actor, reason, &(erasures + 1)],
        )
        .await?
        .try_get(0)?;
    transaction.commit().await?;
    keys.forget(*tenant);
    Ok(Erased {
        number: unsigned(erasures + 1),
        position: unsigned(position),
        events,
        at: at.into(),
        repeated: false,
    })
}

async fn earlier(
    transaction: &Transaction<'_>,
    erasure: &Erasure,
) -> Result<Option<Erased>, EraseError> {
    let row = transaction
        .query_opt(
            include_str!("sql/earlier.sql"),
            &[&uuid(erasure.tenant), &uuid(erasure.subject)],
        )
        .await?;
    let read = |row: tokio_postgres::Row| {
        Ok(Erased {
            number: unsigned(row.try_get(0)?),
            position: unsigned(row.try_get(1)?),
            at: row.try_get::<_, DateTime<Utc>>(2)?.into(),
            events: unsigned(row.try_get(3)?),
            repeated: true,
        })
    };
    row.map(read).transpose()
}

/// Gives up what the person's events have taken and the states in which the
/// person may be known, and counts the events.
async fn release_claims(
    transaction: &Transaction<'_>,
    registry: &Registry,
    keys: &KeyRing,
    erasure: &Erasure,
) -> Result<u64, EraseError> {
    let Erasure { tenant, subject, .. } = erasure;
    let matcher = keys.matcher(*tenant).await?;
    let sql = include_str!("sql/about.sql");
    let (mut count, mut after) = (0, 0_i64);
    loop {
        let rows = transaction.query(sql, &[&uuid(*tenant), &uuid(*subject), &after]).await?;
        let Some(last) = rows.last() else { return Ok(count) };
        after = last.try_get(0)?;
        let positions = rows.iter().map(|row| row.try_get(0).map(unsigned));
        let positions: Vec<u64> = positions.collect::<Result<_, _>>()?;
        let raw = keys.history().at(&Within(transaction), *tenant, &positions).await?;
        count += raw.len() as u64;
        let events: Vec<StoredEvent> =
            raw.iter().map(RawEvent::stored).collect::<Result<_, _>>()?;
        let streams: Vec<_> = events.iter().map(|event| uuid(event.envelope.stream_id)).collect();
        let forget = include_str!("sql/forget_states.sql");
        transaction.execute(forget, &[&uuid(*tenant), &streams]).await?;
        let mut known = events.clone();
        keys.open_events(*tenant, &mut known).await?;
        let mut forgotten = events;
        keys.open_events_without(*tenant, *subject, &mut forgotten).await?;
        for (known, forgotten) in known.into_iter().zip(forgotten) {
            let stream = known.envelope.stream_id;
            let still = taken(registry, forgotten)?;
            for mut claim in taken(registry, known)? {
                if still.contains(&claim) {
                    continue;
                }
                if let Some(matcher) = &matcher {
                    matcher.hash(&mut claim);
                }
                release(transaction, *tenant, stream, &claim).await?;
            }
        }
    }
}

fn taken(registry: &Registry, event: StoredEvent) -> Result<Vec<Claim>, DecodeError> {
    let aggregate = registry.aggregate(&event.envelope.stream_type);
    let event = decode(registry, event)?;
    Ok(aggregate.map(|aggregate| aggregate.claims(&event)).unwrap_or_default())
}

async fn release(
    transaction: &Transaction<'_>,
    tenant: Ulid,
    stream: Ulid,
    claim: &Claim,
) -> Result<(), tokio_postgres::Error> {
    if let Claim::Take { scope, key, .. } = claim {
        let sql = include_str!("sql/release.sql");
        transaction.execute(sql, &[&uuid(tenant), scope, key, &uuid(stream)]).await?;
    }
    Ok(())
}
