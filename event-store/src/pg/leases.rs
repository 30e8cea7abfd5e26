//! Leases: which process of a group works on which tenants.
//!
//! Tenants fall into [`SHARDS`] shards. Every process of a group counts itself
//! among those that share the shards, prolongs what it has, gives back what is
//! more than its part, and takes what nobody has. Times are the server's.
//!
//! A lease alone stops nobody: a process may be paused right before it writes,
//! and wake up long after somebody else has taken over. So every lease has a
//! fence, a number that grows whenever a shard changes hands, and whoever
//! writes compares it in the same transaction, by `log.fenced`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use deadpool_postgres::{Pool, PoolError, Transaction};
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge},
};
use tokio::{sync::watch, time::Instant};
use tokio_postgres::{Error, types::ToSql};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;
use uuid::Uuid;

use super::{Channel, Signals, Trouble, session::words, uuid};

/// Into how many shards tenants fall. The function `log.shard` says the same.
pub const SHARDS: i16 = 64;

/// How often a lease is renewed in its time.
const RENEWALS: u32 = 3;

/// Why a process does not know which leases it has.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// No connection could be had.
    #[error("no connection to the database: {0}")]
    Pool(#[from] PoolError),
    /// The database refused or went away.
    #[error("the database failed: {}", words(.0))]
    Database(#[from] Error),
}

/// The shard that a tenant falls into.
#[must_use]
pub fn shard(tenant: Ulid) -> i16 {
    // The last bits of an id are random, or count.
    i16::try_from(tenant.0 & 63).unwrap_or_default()
}

/// The shards that a process had at some moment, with their fences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    fences: BTreeMap<i16, i64>,
}

impl Held {
    /// Whether a tenant is among them.
    #[must_use]
    pub fn holds(&self, tenant: Ulid) -> bool {
        self.fences.contains_key(&shard(tenant))
    }

    /// Their numbers.
    #[must_use]
    pub fn shards(&self) -> Vec<i16> {
        self.fences.keys().copied().collect()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fences.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fences.is_empty()
    }
}

/// What a statement that writes needs to be fenced: the arguments of
/// `log.fenced`. Nulls for whoever works without leases.
#[derive(Clone, Debug, Default)]
pub struct Fence {
    consumers: Option<&'static str>,
    process: Option<Uuid>,
    shards: Option<Vec<i16>>,
    fences: Option<Vec<i64>>,
}

impl Fence {
    /// The group, the process, its shards, and the fence of each.
    #[must_use]
    pub fn params(&self) -> [&(dyn ToSql + Sync); 4] {
        [&self.consumers, &self.process, &self.shards, &self.fences]
    }

    /// Whether there are leases to be held.
    #[must_use]
    pub fn is_needed(&self) -> bool {
        self.consumers.is_some()
    }
}

/// The leases of one process in one group.
#[derive(Debug)]
pub struct Leases {
    pool: Pool,
    consumers: &'static str,
    process: Uuid,
    term: Duration,
    signals: Signals,
    held: watch::Sender<Arc<Held>>,
    metrics: Metrics,
}

impl Leases {
    /// No leases yet of the group `consumers`, over a pool whose sessions have
    /// the role of its processes. A process that is not heard of for `term`
    /// loses its shards.
    #[must_use]
    pub fn new(pool: Pool, consumers: &'static str, term: Duration, signals: Signals) -> Self {
        Self {
            pool,
            consumers,
            process: uuid(Ulid::generate()),
            term,
            signals,
            held: watch::Sender::default(),
            metrics: Metrics::new(consumers),
        }
    }

    /// What this process believes to have.
    #[must_use]
    pub fn held(&self) -> Arc<Held> {
        self.held.borrow().clone()
    }

    /// The fence of what this process had at some moment, for work that was
    /// begun then.
    #[must_use]
    pub fn fence(&self, held: &Held) -> Fence {
        Fence {
            consumers: Some(self.consumers),
            process: Some(self.process),
            shards: Some(held.fences.keys().copied().collect()),
            fences: Some(held.fences.values().copied().collect()),
        }
    }

    /// Tells when that changes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Arc<Held>> {
        self.held.subscribe()
    }

    /// Tends the leases until `shutdown`, then gives them back. To be run
    /// beside the work.
    pub async fn keep(&self, shutdown: CancellationToken) {
        let mut news = self.signals.listen(Channel::Leases);
        let mut trouble = Trouble::default();
        while !shutdown.is_cancelled() {
            match self.tend().await {
                Ok(()) => trouble.over(),
                Err(error) => {
                    if let Some(error) = trouble.news(&error) {
                        let consumers = self.consumers;
                        tracing::warn!(consumers, error, "cannot tend leases, trying again");
                    }
                }
            }
            let next = Instant::now() + self.term / RENEWALS;
            loop {
                tokio::select! {
                    () = tokio::time::sleep_until(next) => break,
                    () = shutdown.cancelled() => break,
                    hint = news.recv() => match hint {
                        Ok(hint) if !self.is_news(&hint) => {}
                        // Whoever missed some may have missed this one.
                        Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => break,
                        Err(tokio::sync::broadcast::error::RecvError::Closed) => {
                            tokio::time::sleep_until(next).await;
                            break;
                        }
                    },
                }
            }
        }
        if let Err(error) = self.leave().await {
            let consumers = self.consumers;
            tracing::warn!(consumers, %error, "leases could not be given back, they will lapse");
        }
    }

    /// Prolongs what this process has, gives back what is more than its part,
    /// and takes what nobody has.
    ///
    /// # Errors
    /// When the database cannot be reached or refuses.
    pub async fn tend(&self) -> Result<(), LeaseError> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let (mut held, quota) = self.renew(&transaction).await?;
        let surplus: Vec<i16> = held.fences.keys().copied().skip(quota).collect();
        let mut taken_over = 0;
        if !surplus.is_empty() {
            let sql = include_str!("sql/lease_release.sql");
            self.ask(&transaction, sql, &[&surplus]).await?;
            held.fences.retain(|shard, _| !surplus.contains(shard));
        } else if held.len() < quota {
            let missing = i64::try_from(quota - held.len()).unwrap_or_default();
            let params: [&(dyn ToSql + Sync); 2] = [&self.term.as_secs_f64(), &missing];
            for row in self.ask(&transaction, include_str!("sql/lease_claim.sql"), &params).await? {
                held.fences.insert(row.try_get(0)?, row.try_get(1)?);
                taken_over += u64::from(row.try_get::<_, bool>(2)?);
            }
        }
        transaction.commit().await?;
        self.hold(held, taken_over);
        Ok(())
    }

    /// Gives everything back at once.
    ///
    /// # Errors
    /// When the database cannot be reached or refuses; then the leases lapse.
    pub async fn leave(&self) -> Result<(), LeaseError> {
        self.hold(Held::default(), 0);
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        self.ask(&transaction, include_str!("sql/lease_leave.sql"), &[]).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// What this process still has, and how many shards are its part.
    async fn renew(&self, transaction: &Transaction<'_>) -> Result<(Held, usize), LeaseError> {
        let term = self.term.as_secs_f64();
        let joined = self.ask(transaction, include_str!("sql/lease_join.sql"), &[&term]).await?;
        let is_new = joined.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(false);
        if is_new {
            self.ask(transaction, include_str!("sql/lease_open.sql"), &[]).await?;
        }
        let mut held = Held::default();
        for row in self.ask(transaction, include_str!("sql/lease_renew.sql"), &[&term]).await? {
            held.fences.insert(row.try_get(0)?, row.try_get(1)?);
        }
        let sql = include_str!("sql/lease_quota.sql");
        let rows = self.ask(transaction, sql, &[]).await?;
        let Some(row) = rows.first() else { return Ok((held, 0)) };
        Ok((held, quota(row.try_get(0)?, row.try_get(1)?)))
    }

    async fn ask(
        &self,
        transaction: &Transaction<'_>,
        sql: &str,
        further: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<tokio_postgres::Row>, Error> {
        let statement = transaction.prepare_cached(sql).await?;
        let mut params: Vec<&(dyn ToSql + Sync)> = vec![&self.consumers, &self.process];
        params.extend(further);
        transaction.query(&statement, &params).await
    }

    fn hold(&self, held: Held, taken_over: u64) {
        self.metrics.holds(held.len(), taken_over);
        if taken_over > 0 {
            let consumers = self.consumers;
            tracing::info!(consumers, shards = taken_over, "took over from a silent process");
        }
        self.held.send_if_modified(|before| {
            let is_other = **before != held;
            if is_other {
                *before = Arc::new(held);
            }
            is_other
        });
    }

    /// Whether a hint is from another process of this group.
    fn is_news(&self, hint: &str) -> bool {
        hint.split_once(':').is_some_and(|(consumers, process)| {
            consumers == self.consumers && process != self.process.to_string()
        })
    }
}

/// The part of a process that comes after so many others of so many.
fn quota(processes: i64, before: i64) -> usize {
    let shards = i64::from(SHARDS);
    let processes = processes.max(1);
    let one_more = i64::from(before < shards % processes);
    usize::try_from(shards / processes + one_more).unwrap_or_default()
}

#[derive(Debug)]
struct Metrics {
    held: Gauge<u64>,
    taken_over: Counter<u64>,
    consumers: [KeyValue; 1],
}

impl Metrics {
    fn new(consumers: &'static str) -> Self {
        let meter = opentelemetry::global::meter("tenantry");
        Self {
            held: meter
                .u64_gauge("consumer_shards_held")
                .with_description("Shards of tenants that this process has, by group.")
                .build(),
            taken_over: meter
                .u64_counter("consumer_takeovers_total")
                .with_description("Shards taken from processes that fell silent, by group.")
                .build(),
            consumers: [KeyValue::new("consumers", consumers)],
        }
    }

    fn holds(&self, shards: usize, taken_over: u64) {
        self.held.record(shards as u64, &self.consumers);
        self.taken_over.add(taken_over, &self.consumers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_all_processes_are_all_shards() {
        for processes in 1..=100 {
            let parts: Vec<usize> = (0..processes).map(|before| quota(processes, before)).collect();
            assert_eq!(parts.iter().sum::<usize>(), 64);
            assert!(parts.iter().max().unwrap() - parts.iter().min().unwrap() <= 1);
        }
    }

    #[test]
    fn tenants_fall_into_shards_by_the_end_of_their_ids() {
        assert_eq!([0, 1, 63, 64, u128::MAX].map(|id| shard(Ulid(id))), [0, 1, 63, 0, 63]);
    }
}
