//! Writing down how far reactions have come, and what they left behind, in one
//! transaction: a timer is set exactly if the place moved past the event that
//! sets it.
//!
//! These transactions do not wait for the disk. If the server loses the last
//! of them, the worker finds the place where it was, and does the same again
//! with the same outcome.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use deadpool_postgres::{Pool, Transaction};
use domain::kernel::{Dispatch, Intent, Timestamp};
use event_store::{
    keys::{KeyRing, Keys},
    pg::{Fence, number, uuid},
};
use tokio_postgres::types::ToSql;
use ulid::Ulid;
use uuid::Uuid;

use crate::{WorkerError, dispatch::Refused, kept, plan::Task};

/// Begins a transaction that may be lost by a crash of the server. One in which
/// this worker falls silent shall not keep others from taking over.
pub(crate) const FORGIVING: &str = "SET LOCAL synchronous_commit TO off;
    SET LOCAL idle_in_transaction_session_timeout = '3s'";

/// What an event wants of a timer.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Set(Set),
    Cancel,
}

/// A timer to be set.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    due: Timestamp,
    dispatch: Dispatch,
    /// Whose personal data the order may hold.
    subjects: Vec<Ulid>,
    event_id: Ulid,
    correlation_id: Ulid,
}

/// Which timer: aggregate and name.
pub(crate) type TimerKey = (Ulid, String);

/// One reaction's way from one place to another, and what it left behind.
#[derive(Debug)]
pub(crate) struct Move {
    pub(crate) consumer: String,
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// What events on the way wanted of timers, in their order.
    pub(crate) timers: Vec<(TimerKey, Change)>,
    pub(crate) refused: Vec<Refused>,
    /// Whether a failure is on record that is over now.
    pub(crate) recovered: bool,
}

/// What a task wants of timers.
pub(crate) fn timer_changes(task: &Task) -> impl Iterator<Item = (TimerKey, Change)> {
    task.intents.iter().filter_map(|intent| match intent {
        Intent::Dispatch(_) => None,
        Intent::Schedule { timer, due, dispatch } => {
            let change = Change::Set(Set {
                due: *due,
                dispatch: dispatch.clone(),
                subjects: task.subjects.clone(),
                event_id: task.cause.event_id,
                correlation_id: task.cause.correlation_id,
            });
            Some(((timer.stream_id, timer.name.clone()), change))
        }
        Intent::Cancel(timer) => Some(((timer.stream_id, timer.name.clone()), Change::Cancel)),
    })
}

/// Moves reactions on in one tenant's log. Whoever is no longer where its move
/// begins has lost to another worker, and leaves nothing behind. False if the
/// tenant is another worker's by now.
pub(crate) async fn settle(
    pool: &Pool,
    keys: &KeyRing,
    tenant: Ulid,
    moves: &[Move],
    fence: &Fence,
) -> Result<bool, WorkerError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    transaction.batch_execute(FORGIVING).await?;
    if !holds(&transaction, tenant, fence).await? {
        return Ok(false);
    }
    let winners = winners(&transaction, tenant, moves).await?;
    let won: Vec<&Move> = moves.iter().filter(|one| winners.contains(&one.consumer)).collect();
    write_timers(&transaction, keys, tenant, &won).await?;
    let refused: Vec<&Refused> = won.iter().flat_map(|one| &one.refused).collect();
    keep_refused(&transaction, keys, tenant, &refused).await?;
    let recovered: Vec<&str> =
        won.iter().filter(|one| one.recovered).map(|one| one.consumer.as_str()).collect();
    if !recovered.is_empty() {
        let statement = transaction.prepare_cached(include_str!("sql/forget_failures.sql")).await?;
        transaction.execute(&statement, &[&uuid(tenant), &recovered]).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Whether the tenant is this worker's still; if so, it stays until the
/// transaction has ended.
pub(crate) async fn holds(
    transaction: &Transaction<'_>,
    tenant: Ulid,
    fence: &Fence,
) -> Result<bool, WorkerError> {
    if !fence.is_needed() {
        return Ok(true);
    }
    let statement = transaction.prepare_cached(include_str!("sql/holds.sql")).await?;
    let tenant = uuid(tenant);
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![&tenant];
    params.extend(fence.params());
    Ok(transaction.query_one(&statement, &params).await?.try_get(0)?)
}

async fn winners(
    transaction: &Transaction<'_>,
    tenant: Ulid,
    moves: &[Move],
) -> Result<BTreeSet<String>, WorkerError> {
    let consumers: Vec<&str> = moves.iter().map(|one| one.consumer.as_str()).collect();
    let from: Vec<i64> = moves.iter().map(|one| number(one.from)).collect();
    let to: Vec<i64> = moves.iter().map(|one| number(one.to)).collect();
    let statement = transaction.prepare_cached(include_str!("sql/move.sql")).await?;
    let rows = transaction.query(&statement, &[&uuid(tenant), &consumers, &from, &to]).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

/// Of several changes to one timer the last counts.
async fn write_timers(
    transaction: &Transaction<'_>,
    ring: &KeyRing,
    tenant: Ulid,
    moves: &[&Move],
) -> Result<(), WorkerError> {
    let last: BTreeMap<&TimerKey, &Change> =
        moves.iter().flat_map(|one| &one.timers).map(|(timer, change)| (timer, change)).collect();
    let whose = last.values().filter_map(|change| match change {
        Change::Set(set) => Some(&set.subjects),
        Change::Cancel => None,
    });
    let keys = keys_of(ring, tenant, whose).await?;
    let mut set = SetTimers::default();
    let (mut streams, mut names) = (vec![], vec![]);
    for ((stream, name), change) in last {
        match change {
            Change::Set(Set { due, dispatch, subjects, event_id, correlation_id }) => {
                set.streams.push(uuid(*stream));
                set.names.push(name);
                // PostgreSQL's calendar is shorter than ours.
                set.due.push((*due).max(Timestamp::from_micros(0)).into());
                let place = kept::timer_place(*stream, name);
                set.dispatches.push(kept::keep(&keys, &place, subjects, dispatch)?);
                set.events.push(uuid(*event_id));
                set.correlations.push(uuid(*correlation_id));
            }
            Change::Cancel => {
                streams.push(uuid(*stream));
                names.push(name);
            }
        }
    }
    if !streams.is_empty() {
        let statement = transaction.prepare_cached(include_str!("sql/cancel_timers.sql")).await?;
        transaction.execute(&statement, &[&uuid(tenant), &streams, &names]).await?;
    }
    set.write(transaction, tenant).await
}

#[derive(Default)]
struct SetTimers<'a> {
    streams: Vec<Uuid>,
    names: Vec<&'a String>,
    due: Vec<DateTime<Utc>>,
    dispatches: Vec<Vec<u8>>,
    events: Vec<Uuid>,
    correlations: Vec<Uuid>,
}

impl SetTimers<'_> {
    async fn write(&self, transaction: &Transaction<'_>, tenant: Ulid) -> Result<(), WorkerError> {
        if self.streams.is_empty() {
            return Ok(());
        }
        let statement = transaction.prepare_cached(include_str!("sql/set_timers.sql")).await?;
        transaction
            .execute(
                &statement,
                &[
                    &uuid(tenant),
                    &self.streams,
                    &self.names,
                    &self.due,
                    &self.dispatches,
                    &self.events,
                    &self.correlations,
                ],
            )
            .await?;
        Ok(())
    }
}

/// The keys of all these people, looked up at once.
async fn keys_of<'a>(
    ring: &KeyRing,
    tenant: Ulid,
    subjects: impl Iterator<Item = &'a Vec<Ulid>>,
) -> Result<Keys, WorkerError> {
    let subjects: BTreeSet<Ulid> = subjects.flatten().copied().collect();
    Ok(ring.keys(tenant, &subjects.into_iter().collect::<Vec<_>>()).await?)
}

/// Keeps refused commands; each only once, however often it is refused.
pub(crate) async fn keep_refused(
    transaction: &Transaction<'_>,
    ring: &KeyRing,
    tenant: Ulid,
    refused: &[&Refused],
) -> Result<(), WorkerError> {
    if refused.is_empty() {
        return Ok(());
    }
    let column = |value: fn(&Refused) -> Ulid| -> Vec<Uuid> {
        refused.iter().map(|one| uuid(value(one))).collect()
    };
    let origins: Vec<String> = refused.iter().map(|one| one.cause.origin.text()).collect();
    let keys = keys_of(ring, tenant, refused.iter().map(|one| &one.cause.subjects)).await?;
    let mut dispatches = Vec::with_capacity(refused.len());
    for one in refused {
        let place = kept::refused_place(one.command_id);
        dispatches.push(kept::keep(&keys, &place, &one.cause.subjects, &one.dispatch)?);
    }
    let codes: Vec<&str> = refused.iter().map(|one| one.code.as_str()).collect();
    let messages: Vec<&str> = refused.iter().map(|one| one.message.as_str()).collect();
    let statement = transaction.prepare_cached(include_str!("sql/keep_refused.sql")).await?;
    transaction
        .execute(
            &statement,
            &[
                &uuid(tenant),
                &column(|one| one.command_id),
                &origins,
                &column(|one| one.cause.event_id),
                &column(|one| one.cause.correlation_id),
                &dispatches,
                &codes,
                &messages,
            ],
        )
        .await?;
    Ok(())
}
