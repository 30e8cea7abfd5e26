//! One tenant's turn with its timers.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::kernel::{Dispatch, Timestamp};
use event_store::{
    keys::Keys,
    pg::{Fence, uuid},
};
use futures_util::{StreamExt, stream};
use tokio_postgres::Row;
use ulid::Ulid;
use uuid::Uuid;

use crate::{
    Worker, WorkerError,
    chains::chains,
    dispatch::{Cause, Failure, Origin, Refused, erased, give},
    kept::{Kept, timer_place},
    pauses::Failing,
    settle::{FORGIVING, TimerKey, holds, keep_refused},
    worker::Progress,
};

/// A timer that is due.
struct Due {
    key: TimerKey,
    at: Timestamp,
    /// Nothing once somebody it tells of was erased.
    dispatch: Option<Dispatch>,
    /// Whose personal data it may hold.
    subjects: Vec<Ulid>,
    event_id: Ulid,
    correlation_id: Ulid,
}

/// What became of the timers that were due.
#[derive(Default)]
struct Rung {
    /// With the events that set them.
    given: Vec<(TimerKey, Ulid)>,
    refused: Vec<Refused>,
    failed: Vec<TimerKey>,
}

impl Worker {
    /// Gives the commands of a tenant's timers that are due.
    pub(crate) async fn ring(&self, tenant: Ulid, fence: &Fence) -> Result<Progress, WorkerError> {
        let due = self.due(tenant).await?;
        let full = due.len() >= self.settings.batch;
        let ready: Vec<Due> = due
            .into_iter()
            .filter(|timer| !self.pauses.holds(&failing(tenant, &timer.key)))
            .collect();
        if ready.is_empty() {
            return Ok(Progress::default());
        }
        let touches = |timer: &Due| {
            let addressed = timer.dispatch.as_ref().map(|dispatch| dispatch.id);
            [timer.key.0].into_iter().chain(addressed).collect::<Vec<_>>()
        };
        let results: Vec<Vec<_>> = stream::iter(chains(ready, touches))
            .map(|chain| self.ring_chain(tenant, chain))
            .buffer_unordered(self.settings.commands)
            .collect()
            .await;
        let rung = self.sorted(tenant, results.into_iter().flatten());
        let given = rung.given.len() as u64;
        self.metrics.rung(given, rung.failed.len() as u64, &rung.refused);
        self.put_away(tenant, &rung, fence).await?;
        Ok(Progress { timers: given, more: full && given > 0, ..Progress::default() })
    }

    async fn due(&self, tenant: Ulid) -> Result<Vec<Due>, WorkerError> {
        let now: DateTime<Utc> = (self.clock)().into();
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(include_str!("sql/due_timers.sql")).await?;
        let most = i64::try_from(self.settings.batch).unwrap_or(i64::MAX);
        let rows = client.query(&statement, &[&uuid(tenant), &now, &most]).await?;
        drop(client);
        let mut kept = Vec::with_capacity(rows.len());
        for row in &rows {
            kept.push(Kept::read(row.try_get(3)?).ok_or_else(|| unreadable(row, "its form"))?);
        }
        let subjects: BTreeSet<Ulid> = kept.iter().flat_map(|it| &it.subjects).copied().collect();
        let subjects: Vec<Ulid> = subjects.into_iter().collect();
        let keys = self.keys.keys(tenant, &subjects).await?;
        rows.iter().zip(kept).map(|(row, kept)| due(row, &kept, &keys)).collect()
    }

    /// Timers of one aggregate ring in order; one that fails does not hold up
    /// the others, which are not its consequences.
    async fn ring_chain(
        &self,
        tenant: Ulid,
        chain: Vec<Due>,
    ) -> Vec<(Due, Result<Option<Refused>, Failure>)> {
        let mut results = Vec::with_capacity(chain.len());
        for timer in chain {
            let (stream, name) = timer.key.clone();
            let cause = Cause {
                tenant,
                origin: Origin::Timer(stream, name),
                event_id: timer.event_id,
                correlation_id: timer.correlation_id,
                at: timer.at,
                trace_parent: None,
                subjects: timer.subjects.clone(),
            };
            let result = match &timer.dispatch {
                Some(dispatch) => give(&self.commands, &cause, dispatch).await,
                None => Ok(Some(erased(&cause))),
            };
            results.push((timer, result));
        }
        results
    }

    fn sorted(
        &self,
        tenant: Ulid,
        results: impl Iterator<Item = (Due, Result<Option<Refused>, Failure>)>,
    ) -> Rung {
        let mut rung = Rung::default();
        for (timer, result) in results {
            let failing = failing(tenant, &timer.key);
            match result {
                Ok(refused) => {
                    self.pauses.over(&failing);
                    rung.refused.extend(refused);
                    rung.given.push((timer.key, timer.event_id));
                }
                Err(failure) => {
                    let attempts = self.pauses.failed(failing);
                    tracing::warn!(
                        timer = timer.key.1, tenant.id = %tenant, attempts,
                        error = failure.message, "a timer will be tried again"
                    );
                    rung.failed.push(timer.key);
                }
            }
        }
        rung
    }

    async fn put_away(&self, tenant: Ulid, rung: &Rung, fence: &Fence) -> Result<(), WorkerError> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        transaction.batch_execute(FORGIVING).await?;
        if !holds(&transaction, tenant, fence).await? {
            return Ok(());
        }
        let (streams, names) = columns(rung.given.iter().map(|(key, _)| key));
        let events: Vec<Uuid> = rung.given.iter().map(|(_, event)| uuid(*event)).collect();
        let remove = transaction.prepare_cached(include_str!("sql/remove_timers.sql")).await?;
        transaction.execute(&remove, &[&uuid(tenant), &streams, &names, &events]).await?;
        if !rung.failed.is_empty() {
            let (streams, names) = columns(rung.failed.iter());
            let count = transaction.prepare_cached(include_str!("sql/count_attempts.sql")).await?;
            transaction.execute(&count, &[&uuid(tenant), &streams, &names]).await?;
        }
        keep_refused(&transaction, &self.keys, tenant, &rung.refused.iter().collect::<Vec<_>>())
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn unreadable(row: &Row, reason: &str) -> WorkerError {
    let name = row.try_get(1).unwrap_or_default();
    WorkerError::Timer { name, reason: format!("{reason} is unknown") }
}

fn due(row: &Row, kept: &Kept<'_>, keys: &Keys) -> Result<Due, WorkerError> {
    let id = |column| row.try_get::<_, Uuid>(column).map(|uuid| Ulid(uuid.as_u128()));
    let name: String = row.try_get(1)?;
    let stream = id(0)?;
    let json = kept.open(keys, &timer_place(stream, &name))?;
    // What does not fit may be personal, and is not for logs.
    let dispatch = json.map(|json| serde_json::from_slice(&json)).transpose();
    let dispatch = dispatch.map_err(|_| unreadable(row, "its command"))?;
    Ok(Due {
        key: (stream, name),
        subjects: kept.subjects.clone(),
        at: row.try_get::<_, DateTime<Utc>>(2)?.into(),
        dispatch,
        event_id: id(4)?,
        correlation_id: id(5)?,
    })
}

fn failing(tenant: Ulid, (stream, name): &TimerKey) -> Failing {
    Failing::Timer(tenant, *stream, name.clone())
}

fn columns<'a>(keys: impl Iterator<Item = &'a TimerKey>) -> (Vec<Uuid>, Vec<&'a str>) {
    keys.map(|(stream, name)| (uuid(*stream), name.as_str())).unzip()
}
