//! Group commit: concurrent appends share one call and one flush to disk.
//!
//! While a call is under way, further appends gather; the next call takes all
//! of them. Nobody waits for a batch to fill, and the busier the log, the
//! larger the batches. A tenant's appends always go through the same flusher,
//! so that flushers do not wait for each other's tenants.

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use deadpool_postgres::Pool;
use opentelemetry::metrics::{Counter, Histogram};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::{
    Signals,
    batch::{self, Verdicts},
    session::{away, uuid},
    signals::Channel,
};
use crate::{AppendError, Appended, GroupError, group::Group};

/// How appends share commits.
#[derive(Clone, Debug)]
pub struct CommitSettings {
    /// How many calls may be under way at once.
    pub flushers: usize,
    /// How many appends one call may hold.
    pub batch: usize,
    /// How many bytes of payload one call may hold, unless a single append has
    /// more.
    pub batch_bytes: usize,
    /// How many appends may wait before further ones are refused.
    pub queue: usize,
    /// How long to try again when the server went away.
    pub patience: Duration,
}

impl Default for CommitSettings {
    fn default() -> Self {
        Self {
            flushers: 2,
            batch: 512,
            batch_bytes: 4 * 1024 * 1024,
            queue: 8_192,
            patience: Duration::from_secs(10),
        }
    }
}

#[derive(Debug)]
pub(super) struct Committer {
    queues: Vec<mpsc::Sender<Pending>>,
    metrics: Metrics,
}

#[derive(Debug)]
struct Pending {
    group: Group,
    answer: oneshot::Sender<Outcome>,
}

type Outcome = Result<Vec<Appended>, GroupError>;

#[derive(Clone, Debug)]
struct Metrics {
    seconds: Histogram<f64>,
    conflicts: Counter<u64>,
}

impl Committer {
    pub(super) fn start(
        pool: &Pool,
        signals: &Signals,
        settings: &CommitSettings,
        shutdown: &CancellationToken,
    ) -> Self {
        let flushers = settings.flushers.max(1);
        let queues = (0..flushers)
            .map(|_| {
                let (queue, pending) = mpsc::channel(settings.queue.div_ceil(flushers));
                let flusher = Flusher {
                    pool: pool.clone(),
                    signals: signals.clone(),
                    settings: settings.clone(),
                };
                tokio::spawn(flusher.run(pending, shutdown.clone()));
                queue
            })
            .collect();
        let meter = opentelemetry::global::meter("tenantry");
        let metrics = Metrics {
            seconds: meter
                .f64_histogram("eventstore_append_seconds")
                .with_description("Time from an append's arrival to its verdict.")
                .build(),
            conflicts: meter
                .u64_counter("eventstore_conflicts_total")
                .with_description("Appends that lost to another writer.")
                .build(),
        };
        Self { queues, metrics }
    }

    #[tracing::instrument(name = "log.append", level = "debug", skip_all)]
    pub(super) async fn append(&self, group: Group) -> Outcome {
        let Some(tenant) = group.appends.first().map(|append| append.tenant) else {
            return Ok(vec![]);
        };
        let started = Instant::now();
        let mut hasher = DefaultHasher::new();
        tenant.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % self.queues.len() as u64).unwrap_or(0);
        let whole = |error| GroupError { index: 0, error };
        let stopped = || whole(AppendError::Unavailable("the log is shutting down".to_owned()));
        let queue = self.queues.get(place).ok_or_else(stopped)?;
        let (answer, verdict) = oneshot::channel();
        queue.try_send(Pending { group, answer }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => {
                whole(AppendError::Overloaded(queue.max_capacity()))
            }
            mpsc::error::TrySendError::Closed(_) => stopped(),
        })?;
        let verdict = verdict.await.unwrap_or_else(|_| Err(stopped()));
        self.metrics.seconds.record(started.elapsed().as_secs_f64(), &[]);
        if matches!(verdict, Err(GroupError { error: AppendError::Conflict { .. }, .. })) {
            self.metrics.conflicts.add(1, &[]);
        }
        verdict
    }
}

struct Flusher {
    pool: Pool,
    signals: Signals,
    settings: CommitSettings,
}

impl Flusher {
    async fn run(self, mut queue: mpsc::Receiver<Pending>, shutdown: CancellationToken) {
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                tokio::select! {
                    biased;
                    next = queue.recv() => match next {
                        Some(pending) => waiting.push_back(pending),
                        None => return,
                    },
                    // From now on nothing is accepted; what was, is finished.
                    () = shutdown.cancelled(), if !queue.is_closed() => {
                        queue.close();
                        continue;
                    }
                }
            }
            while waiting.len() < 2 * self.settings.batch
                && let Ok(pending) = queue.try_recv()
            {
                waiting.push_back(pending);
            }
            let batch = batch::take(
                &mut waiting,
                |pending: &Pending| &pending.group,
                self.settings.batch,
                self.settings.batch_bytes,
            );
            self.flush(batch).await;
        }
    }

    /// Stores a batch and answers each of its appends.
    async fn flush(&self, batch: Vec<Pending>) {
        let verdicts = self.store(&batch).await;
        match verdicts {
            Ok(verdicts) => self.answer(batch, &verdicts),
            // The batch as a whole was refused and rolled back, for a reason
            // that may lie with one append: the others must not suffer.
            Err(AppendError::Fault(_)) if batch.len() > 1 => {
                for pending in batch {
                    Box::pin(self.flush(vec![pending])).await;
                }
            }
            Err(error) => {
                tracing::error!(%error, appends = batch.len(), "appends failed");
                for pending in batch {
                    let error = GroupError { index: 0, error: error.clone() };
                    let _ = pending.answer.send(Err(error));
                }
            }
        }
    }

    fn answer(&self, batch: Vec<Pending>, verdicts: &Verdicts) {
        let mut written: Vec<Ulid> = vec![];
        let mut place = 0;
        for Pending { group, answer } in batch {
            let judged = group.appends.iter().map(|append| {
                place += 1;
                verdicts.of(place - 1, append)
            });
            let outcome = group.settle(judged.collect());
            let wrote = |appended: &Appended| appended.first_position <= appended.last_position;
            if outcome.iter().flatten().any(wrote) {
                written.extend(group.appends.first().map(|append| append.tenant));
            }
            // Whoever asked may have stopped waiting; the append stands.
            let _ = answer.send(outcome);
        }
        written.sort_unstable();
        written.dedup();
        self.signals.appended(&written);
    }

    /// Calls the log until it answers or patience ends. Repeating the call is
    /// safe: an append that was stored the first time is recognised by its
    /// command id.
    async fn store(&self, batch: &[Pending]) -> Result<Verdicts, AppendError> {
        let give_up = Instant::now() + self.settings.patience;
        let mut sent = false;
        loop {
            let broken = match self.call(batch, &mut sent).await {
                Ok(verdicts) => return Ok(verdicts),
                Err(CallError::Refused(message)) => return Err(AppendError::Fault(message)),
                Err(CallError::Away(message)) => message,
            };
            if Instant::now() >= give_up {
                return Err(if sent {
                    AppendError::Unknown(broken)
                } else {
                    AppendError::Unavailable(broken)
                });
            }
            tracing::warn!(error = broken, "the log went away, trying again");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn call(&self, batch: &[Pending], sent: &mut bool) -> Result<Verdicts, CallError> {
        let client = self.pool.get().await.map_err(|error| CallError::Away(error.to_string()))?;
        let statement = client.prepare_cached(include_str!("sql/append.sql")).await?;
        let arguments = batch::Arguments::of(batch.iter().map(|pending| &pending.group));
        *sent = true;
        let row = client.query_one(&statement, &arguments.params()).await?;
        Ok(Verdicts::read(&row)?)
    }
}

enum CallError {
    /// The server or the connection went away.
    Away(String),
    /// The server rolled the call back.
    Refused(String),
}

impl From<tokio_postgres::Error> for CallError {
    fn from(error: tokio_postgres::Error) -> Self {
        let message = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
        if away(&error) { Self::Away(message) } else { Self::Refused(message) }
    }
}

impl Signals {
    /// Tells whoever follows the logs of these tenants.
    fn appended(&self, tenants: &[Ulid]) {
        if tenants.is_empty() {
            return;
        }
        self.send(Channel::Log, tenants.iter().map(|tenant| Arc::from(uuid(*tenant).to_string())));
    }
}
