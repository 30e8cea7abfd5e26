//! Group commit: concurrent appends share one call and one flush to disk.
//!
//! While a call is under way, further appends gather; the next call takes as
//! many of them as fit, of each tenant in turn. Nobody waits for a batch to
//! fill, and the busier the log, the larger the batches. A tenant's appends
//! always go through the same flusher, so that flushers do not wait for each
//! other's tenants.
//!
//! An append has a deadline. When it comes, whoever waits is told what is true:
//! that nothing was stored and nothing will be, or that nobody knows.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use deadpool_postgres::{Object, Pool};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::{
    Signals,
    batch::{Arguments, Verdicts},
    failure::Failure,
    metrics::Metrics,
    queue::{Batch, Fate, Load, Outcome, Pending, Queue},
    signals::Channel,
    uuid,
};
use crate::{AppendError, Appended, GroupError, group::Group};

/// How appends share commits.
#[derive(Clone, Debug)]
pub struct CommitSettings {
    /// How many calls may be under way at once.
    pub flushers: usize,
    /// How many appends one call may hold.
    pub batch: usize,
    /// How many of them may be of one tenant.
    pub tenant_batch: usize,
    /// How many bytes of payload one call may hold, unless a single append has
    /// more.
    pub batch_bytes: usize,
    /// How many appends may wait before further ones are refused.
    pub queue: usize,
    /// How many of them may be of one tenant.
    pub tenant_queue: usize,
    /// How many bytes of payload may wait.
    pub queue_bytes: usize,
    /// How long an append may take.
    pub patience: Duration,
}

impl Default for CommitSettings {
    fn default() -> Self {
        Self {
            flushers: 2,
            batch: 512,
            tenant_batch: 128,
            batch_bytes: 4 << 20,
            queue: 10_000,
            tenant_queue: 2_500,
            queue_bytes: 64 << 20,
            patience: Duration::from_secs(10),
        }
    }
}

#[derive(Debug)]
pub(super) struct Committer {
    flushers: Vec<Arc<Flusher>>,
    patience: Duration,
    metrics: Metrics,
}

#[derive(Debug)]
struct Flusher {
    queue: Queue,
    pool: Pool,
    signals: Signals,
    patience: Duration,
    metrics: Metrics,
    /// What went wrong last, for those who give up.
    trouble: Mutex<String>,
}

fn whole(error: AppendError) -> GroupError {
    GroupError { index: 0, error }
}

impl Committer {
    pub(super) fn start(
        pool: &Pool,
        signals: &Signals,
        settings: &CommitSettings,
        shutdown: &CancellationToken,
    ) -> Self {
        let load = Arc::new(Load::default());
        let metrics = Metrics::new(&load);
        let flusher = || {
            let flusher = Arc::new(Flusher {
                queue: Queue::new(settings.clone(), load.clone()),
                pool: pool.clone(),
                signals: signals.clone(),
                patience: settings.patience,
                metrics: metrics.clone(),
                trouble: Mutex::new("the log is slow".to_owned()),
            });
            tokio::spawn(flusher.clone().run(shutdown.clone()));
            flusher
        };
        let flushers = (0..settings.flushers.max(1)).map(|_| flusher()).collect();
        Self { flushers, patience: settings.patience, metrics }
    }

    #[tracing::instrument(name = "log.append", level = "debug", skip_all)]
    pub(super) async fn append(&self, group: Group) -> Outcome {
        let Some(tenant) = group.appends.first().map(|append| append.tenant) else {
            return Ok(vec![]);
        };
        let started = Instant::now();
        let outcome = self.judge(tenant, group, started + self.patience).await;
        self.metrics.judged(&outcome, started.elapsed());
        outcome
    }

    async fn judge(&self, tenant: Ulid, group: Group, deadline: Instant) -> Outcome {
        let mut hasher = DefaultHasher::new();
        tenant.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % self.flushers.len() as u64).unwrap_or(0);
        let stopped = || whole(AppendError::Unavailable("the log has stopped".to_owned()));
        let flusher = self.flushers.get(place).ok_or_else(stopped)?;
        let fate = Arc::new(Fate::default());
        let (answer, mut verdict) = oneshot::channel();
        flusher.queue.push(Pending { tenant, group, answer, fate: fate.clone() }).map_err(whole)?;
        let mut until = deadline;
        loop {
            let verdict = timeout_at(until, &mut verdict).await;
            if let Ok(Ok(outcome)) = verdict {
                return outcome;
            }
            if fate.give_up() {
                return Err(whole(AppendError::Unavailable(flusher.trouble())));
            }
            // It is being sent right now; mostly that is soon known to be in
            // vain, and nobody needs to be left in doubt.
            if verdict.is_ok() || until >= deadline + GRACE {
                return Err(whole(AppendError::Unknown(flusher.trouble())));
            }
            until += LOOK;
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.flushers.iter().for_each(|flusher| flusher.queue.close());
    }
}

impl Flusher {
    async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let close = async {
            // From now on nothing is accepted; what was, is finished.
            shutdown.cancelled().await;
            self.queue.close();
            std::future::pending::<()>().await;
        };
        let flush = async {
            while let Some(batch) = self.queue.take().await {
                self.metrics.batch(&batch);
                self.flush(batch).await;
                if self.queue.is_short() {
                    // Whoever was just answered may have more, and can then
                    // share the next call.
                    tokio::task::yield_now().await;
                }
            }
        };
        tokio::select! {
            () = close => (),
            () = flush => (),
        }
    }

    /// Stores a batch and answers each of its groups; calls the log until it
    /// answers or nobody waits any more. Repeating the call is safe: an append
    /// that was stored the first time is recognised by its command id.
    async fn flush(&self, mut batch: Batch) {
        // By then all who wait have given up.
        let end = Instant::now() + self.patience;
        // Whether an earlier call may have stored the batch.
        let mut uncertain = false;
        loop {
            batch.groups.retain(Pending::is_awaited);
            if batch.groups.is_empty() {
                return;
            }
            let failure = match timeout_at(end, self.call(&mut batch)).await {
                Ok(Ok(verdicts)) => return self.answer(batch, &verdicts, uncertain),
                Ok(Err(failure)) => failure,
                Err(_) => return,
            };
            self.metrics.failed(&failure);
            let (message, wait) = match failure {
                Failure::Refused(message) => return self.refuse(batch, message).await,
                Failure::Locked(message) => {
                    // Without whoever is locked the others can go on.
                    let wait = if batch.skip_locked { RETRY } else { Duration::ZERO };
                    batch.skip_locked = true;
                    (message, wait)
                }
                Failure::Later { message, elsewhere } => {
                    if elsewhere {
                        self.pool.retain(|_, _| false);
                    }
                    (message, RETRY)
                }
                Failure::Uncertain(message) => {
                    uncertain = true;
                    (message, RETRY)
                }
            };
            if !uncertain {
                batch.groups.iter().for_each(|pending| pending.fate.unsend());
            }
            tracing::warn!(error = message, uncertain, "appends failed, trying again");
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = message;
            sleep(wait).await;
        }
    }

    /// The batch was refused and rolled back as a whole, for a reason that may
    /// lie with one of its groups: the others must not suffer.
    async fn refuse(&self, batch: Batch, message: String) {
        let Batch { groups, skip_locked } = batch;
        if groups.len() > 1 {
            for pending in groups {
                Box::pin(self.flush(Batch { groups: vec![pending], skip_locked })).await;
            }
            return;
        }
        tracing::error!(error = message, "an append failed");
        for pending in groups {
            let _ = pending.answer.send(Err(whole(AppendError::Fault(message.clone()))));
        }
    }

    fn answer(&self, batch: Batch, verdicts: &Verdicts, uncertain: bool) {
        let mut written: Vec<Ulid> = vec![];
        let mut locked = vec![];
        let mut place = 0;
        for pending in batch.groups {
            let first = place;
            place += pending.group.appends.len();
            if verdicts.locked(first) {
                if !uncertain {
                    pending.fate.unsend();
                }
                locked.push(pending);
                continue;
            }
            let judged = (first..).zip(&pending.group.appends);
            let judged = judged.map(|(place, append)| verdicts.of(place, append)).collect();
            let outcome = pending.group.settle(judged);
            let wrote = |appended: &Appended| appended.first_position <= appended.last_position;
            if outcome.iter().flatten().any(wrote) {
                written.push(pending.tenant);
            }
            // Whoever asked may have stopped waiting; the append stands.
            let _ = pending.answer.send(outcome);
        }
        if !locked.is_empty() {
            self.queue.put_back(locked);
        }
        written.sort_unstable();
        written.dedup();
        self.signals.appended(&written);
    }

    /// Asks the log once. Whoever gives up before there is a connection to ask
    /// over is left out: to him nothing can happen any more.
    async fn call(&self, batch: &mut Batch) -> Result<Verdicts, Failure> {
        let client = self.pool.get().await.map_err(|error| Failure::unreached(&error))?;
        let client = Lent(Some(client));
        let Some(connection) = &client.0 else {
            return Err(Failure::Refused("the pool lent nothing".to_owned()));
        };
        let statement = connection
            .prepare_cached(include_str!("sql/append.sql"))
            .await
            .map_err(|error| Failure::unprepared(&error))?;
        batch.groups.retain(|pending| pending.fate.send());
        if batch.groups.is_empty() {
            client.give_back();
            return Ok(Verdicts::default());
        }
        let arguments = Arguments::of(batch.groups.iter().map(|pending| &pending.group));
        let row = connection
            .query_one(&statement, &arguments.params(&batch.skip_locked))
            .await
            .map_err(|error| Failure::of(&error));
        client.give_back();
        Verdicts::read(&row?).map_err(|error| Failure::of(&error))
    }

    fn trouble(&self) -> String {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How long a call that is under way at the deadline is waited for.
const GRACE: Duration = Duration::from_millis(500);
/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(20);

/// How long to wait before a call is repeated.
const RETRY: Duration = Duration::from_millis(100);

/// A connection with a call under way. Dropped before the answer, it is closed:
/// nobody else may get it.
struct Lent(Option<Object>);

impl Lent {
    fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
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
