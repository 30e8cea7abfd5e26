//! What there is to be said about read tables: for people and for programs.

use std::{collections::BTreeMap, time::Duration};

use event_store::pg::{number, ulid, unsigned};
use tokio_postgres::{Client, Error, Row};
use ulid::Ulid;

use super::VersionError;
use crate::tables::TableState;

/// One version of a read model.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    /// The read model.
    pub read_model: String,
    /// Its version.
    pub version: u32,
    /// The name of its table and of its checkpoints.
    pub consumer: String,
    /// What there is of it.
    pub state: TableState,
    /// The table whose rows readers of this version see.
    pub shows: Option<String>,
    /// In how many tenants it is behind the end of the log.
    pub tenants_behind: u64,
    /// By how many events, in all of them.
    pub events_behind: u64,
    /// How long the oldest of these events has been waiting, in seconds.
    pub seconds_behind: f64,
    /// Tenants for which it has left streams out that it cannot fold, or stands
    /// still before an event it does not see.
    pub stuck: u64,
    /// The tenants in which it is furthest behind, the furthest first.
    pub worst: Vec<Lag>,
    /// How far its table is, while that is being built.
    pub build: Option<Build>,
}

/// How far a read model lies behind in one tenant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lag {
    /// The tenant.
    pub tenant: Ulid,
    /// Events that are not folded yet.
    pub events: u64,
    /// How long the first of them has been waiting, in seconds.
    pub seconds: f64,
}

/// A table that is being built, as it was last heard of.
#[derive(Debug, Clone, PartialEq)]
pub struct Build {
    /// What is being done, as [`Phase`](crate::Phase) is shown.
    pub phase: String,
    /// Whether it waits until somebody lets it go on.
    pub paused: bool,
    /// Events that were gone through.
    pub done: u64,
    /// Events that there are, as far as is known.
    pub total: u64,
    /// Rows that were written.
    pub rows: u64,
    /// Events per second since it was last taken up.
    pub rate: Option<f64>,
    /// How long ago it was heard of. A process that works on it is heard of
    /// several times per second.
    pub silent: Duration,
}

impl Build {
    /// Whether some process works on it.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        self.silent < Duration::from_secs(10)
    }

    /// How long it will take, if it goes on like this.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        let rate = self.rate.filter(|rate| *rate > 0.0 && self.is_under_way() && !self.paused)?;
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let left = self.total.saturating_sub(self.done) as f64;
        Duration::try_from_secs_f64(left / rate).ok()
    }
}

/// Reports on all versions of all read models, with so many tenants that are
/// furthest behind for each. The session must have the role `tenantry_owner`.
///
/// # Errors
/// When the database refuses.
pub async fn projections(client: &Client, worst: usize) -> Result<Vec<Projection>, VersionError> {
    let mut found = versions(client).await?;
    let built = found.iter().filter(|projection| projection.state != TableState::Unbuilt);
    let consumers: Vec<&str> = built.map(|projection| projection.consumer.as_str()).collect();
    // Even of whom nobody is named the sums are wanted.
    let most = number(worst.max(1) as u64);
    let rows = client.query(include_str!("../sql/lag.sql"), &[&consumers, &most]).await?;
    let mut lags = BTreeMap::<String, Vec<Row>>::new();
    for row in rows {
        lags.entry(row.try_get(0)?).or_default().push(row);
    }
    let sql = "SELECT consumer, count(*)
        FROM (
            SELECT consumer, tenant_id FROM log.consumer_failures
            UNION
            SELECT consumer, tenant_id FROM log.quarantined_streams
        ) AS stuck
        GROUP BY consumer";
    let mut stuck = BTreeMap::<String, u64>::new();
    for row in client.query(sql, &[]).await? {
        stuck.insert(row.try_get(0)?, unsigned(row.try_get(1)?));
    }
    for projection in &mut found {
        projection.stuck = stuck.get(&projection.consumer).copied().unwrap_or(0);
        let rows = lags.remove(&projection.consumer).unwrap_or_default();
        if let Some(first) = rows.first() {
            projection.tenants_behind = unsigned(first.try_get(4)?);
            projection.events_behind = unsigned(first.try_get(5)?);
            projection.seconds_behind = first.try_get(6)?;
        }
        projection.worst = rows.iter().take(worst).map(lag).collect::<Result<_, _>>()?;
    }
    Ok(found)
}

/// All versions of all read models, without how far behind they are.
pub(crate) async fn versions(client: &Client) -> Result<Vec<Projection>, Error> {
    let rows = client.query(include_str!("../sql/versions.sql"), &[]).await?;
    rows.iter().map(projection).collect()
}

/// Lets a build wait, from the next few thousand events on.
///
/// # Errors
/// When there is no such build, or the database refuses.
pub async fn pause(client: &Client, read_model: &str) -> Result<(), VersionError> {
    set_paused(client, read_model, true).await
}

/// Lets a build go on that was told to wait.
///
/// # Errors
/// When there is no such build, or the database refuses.
pub async fn resume(client: &Client, read_model: &str) -> Result<(), VersionError> {
    set_paused(client, read_model, false).await
}

async fn set_paused(client: &Client, read_model: &str, paused: bool) -> Result<(), VersionError> {
    let sql = "UPDATE log.builds AS b SET paused = $2 FROM log.read_tables AS t
        WHERE t.consumer = b.consumer AND t.read_model = $1";
    match client.execute(sql, &[&read_model, &paused]).await? {
        0 => Err(VersionError::NotBuilding(read_model.to_owned())),
        _ => Ok(()),
    }
}

fn projection(row: &Row) -> Result<Projection, Error> {
    let phase: Option<String> = row.try_get(5)?;
    let build = phase.map(|phase| -> Result<_, Error> {
        Ok(Build {
            phase,
            paused: row.try_get(6)?,
            done: unsigned(row.try_get(7)?),
            total: unsigned(row.try_get(8)?),
            rows: unsigned(row.try_get(9)?),
            rate: row.try_get(10)?,
            silent: Duration::try_from_secs_f64(row.try_get(11)?).unwrap_or_default(),
        })
    });
    Ok(Projection {
        read_model: row.try_get(0)?,
        version: u32::try_from(row.try_get::<_, i32>(1)?).unwrap_or(0),
        consumer: row.try_get(2)?,
        state: TableState::parse(row.try_get(3)?),
        shows: row.try_get(4)?,
        tenants_behind: 0,
        events_behind: 0,
        seconds_behind: 0.0,
        stuck: 0,
        worst: vec![],
        build: build.transpose()?,
    })
}

fn lag(row: &Row) -> Result<Lag, Error> {
    Ok(Lag {
        tenant: ulid(row.try_get(1)?),
        events: unsigned(row.try_get(2)?),
        seconds: row.try_get(3)?,
    })
}
