//! Where consumers stand in the tenants' logs.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use deadpool_postgres::ClientWrapper;
use event_store::pg::{Fence, ulid, unsigned};
use tokio_postgres::{Error, Row, types::ToSql};
use ulid::Ulid;
use uuid::Uuid;

use crate::quarantine::Waiting;

/// A consumer that is behind the end of a tenant's log, or that remembers
/// somebody who was erased.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) tenant: Ulid,
    /// The position of the tenant's last event, and when it was written down.
    pub(crate) head: u64,
    pub(crate) written_at: DateTime<Utc>,
    /// The consumer's place in the list that was asked for.
    pub(crate) consumer: usize,
    /// The last position it has taken.
    pub(crate) position: u64,
    /// When its checkpoint was moved there. Every move changes it, so that
    /// whoever finds both as they were knows that nobody wrote in between.
    pub(crate) since: Option<DateTime<Utc>>,
    pub(crate) failure: Option<Failure>,
    /// How many erasures the tenant has had, and how many of them the
    /// consumer's rows have taken in.
    pub(crate) erasures: u64,
    pub(crate) taken_in: u64,
    /// What is wanted of its quarantined streams, if it has any.
    pub(crate) waiting: Option<Waiting>,
    /// The position of the last event that was discarded for its read model.
    pub(crate) last_discard: Option<u64>,
}

impl Standing {
    /// Whether somebody was erased who is still in the consumer's rows.
    pub(crate) fn remembers(&self) -> bool {
        self.taken_in < self.erasures
    }

    /// Whether somebody asked for another attempt at its quarantined streams.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.waiting.is_some_and(|waiting| waiting.asked)
    }

    /// Whether something is to be left out of what it folds next: of what comes,
    /// or, where it remembers somebody, of all that it has taken so far.
    pub(crate) fn leaves_out(&self) -> bool {
        let is_met = |last| self.remembers() || last > self.position;
        self.waiting.is_some() || self.last_discard.is_some_and(is_met)
    }
}

/// An event that a consumer does not see.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) position: u64,
    pub(crate) attempts: u32,
    pub(crate) error: String,
    pub(crate) failed_at: DateTime<Utc>,
}

/// Whose logs are looked at.
pub(crate) enum Whose<'a> {
    /// Those of these tenants.
    Of(&'a [Ulid]),
    /// All, or those in these shards.
    All(Option<Vec<i16>>),
}

/// Who is looked for, and when quarantined streams are tried again.
pub(crate) struct Looking<'a> {
    pub(crate) consumers: Vec<&'a str>,
    /// The read model of each.
    pub(crate) read_models: Vec<&'a str>,
    /// Seconds until the second attempt; twice as long each time.
    pub(crate) first_wait: f64,
    /// The longest such wait, in seconds.
    pub(crate) longest_wait: f64,
}

/// The consumers that are behind or have something to try again, sorted by
/// tenant.
pub(crate) async fn behind(
    client: &ClientWrapper,
    Looking { consumers, read_models, first_wait, longest_wait }: &Looking<'_>,
    whose: Whose<'_>,
    fence: &Fence,
) -> Result<Vec<Standing>, Error> {
    let rows = match whose {
        Whose::Of(tenants) => {
            let tenants: Vec<Uuid> = tenants.iter().copied().map(event_store::pg::uuid).collect();
            let statement = client.prepare_cached(include_str!("sql/behind_of.sql")).await?;
            let params: [&(dyn ToSql + Sync); 5] =
                [&consumers, &tenants, &read_models, &first_wait, &longest_wait];
            client.query(&statement, &params).await?
        }
        Whose::All(shards) => {
            let statement = client.prepare_cached(include_str!("sql/behind.sql")).await?;
            let params: [&(dyn ToSql + Sync); 5] =
                [&consumers, &shards, &read_models, &first_wait, &longest_wait];
            client.query(&statement, &params).await?
        }
    };
    let mut standings = rows.iter().map(standing).collect::<Result<Vec<_>, _>>()?;
    begin(client, consumers, &mut standings, fence).await?;
    Ok(standings)
}

fn standing(row: &Row) -> Result<Standing, Error> {
    let position: Option<i64> = row.try_get(4)?;
    let failed_position: Option<i64> = row.try_get(6)?;
    let failure = failed_position.map(|position| -> Result<_, Error> {
        Ok(Failure {
            position: unsigned(position),
            attempts: u32::try_from(row.try_get::<_, i32>(7)?).unwrap_or(0),
            error: row.try_get(8)?,
            failed_at: row.try_get(9)?,
        })
    });
    Ok(Standing {
        tenant: ulid(row.try_get(0)?),
        head: unsigned(row.try_get(1)?),
        written_at: row.try_get(2)?,
        consumer: usize::try_from(row.try_get::<_, i64>(3)?).unwrap_or(0).saturating_sub(1),
        position: unsigned(position.unwrap_or(0)),
        since: row.try_get(5)?,
        failure: failure.transpose()?,
        erasures: unsigned(row.try_get(10)?),
        taken_in: unsigned(row.try_get::<_, Option<i64>>(11)?.unwrap_or(0)),
        waiting: Waiting::of(row, 12)?,
        last_discard: row.try_get::<_, Option<i64>>(14)?.map(unsigned),
    })
}

/// Gives those that are new to a tenant a checkpoint to move.
async fn begin(
    client: &ClientWrapper,
    consumers: &[&str],
    standings: &mut [Standing],
    fence: &Fence,
) -> Result<(), Error> {
    let new = standings.iter().filter(|standing| standing.since.is_none());
    let (names, tenants): (Vec<&str>, Vec<Uuid>) = new
        .filter_map(|new| Some((*consumers.get(new.consumer)?, event_store::pg::uuid(new.tenant))))
        .unzip();
    if names.is_empty() {
        return Ok(());
    }
    let statement = client.prepare_cached(include_str!("sql/begin.sql")).await?;
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![&names, &tenants];
    params.extend(fence.params());
    let rows = client.query(&statement, &params).await?;
    let begun = rows.iter().map(|row| {
        let key = (row.try_get::<_, Uuid>(1)?, row.try_get::<_, String>(0)?);
        Ok((key, (row.try_get(2)?, unsigned(row.try_get(3)?))))
    });
    let begun: BTreeMap<(Uuid, String), (DateTime<Utc>, u64)> =
        begun.collect::<Result<_, Error>>()?;
    for standing in standings.iter_mut().filter(|standing| standing.since.is_none()) {
        let name = consumers.get(standing.consumer).map(|name| (*name).to_owned());
        let key = (event_store::pg::uuid(standing.tenant), name.unwrap_or_default());
        if let Some((since, erasures)) = begun.get(&key) {
            standing.since = Some(*since);
            standing.taken_in = *erasures;
        }
    }
    Ok(())
}
