//! Folding and writing what a turn has read, with whatever cannot be folded or
//! written set apart from all the rest.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use deadpool_postgres::ClientWrapper;
use domain::kernel::Work;
use event_store::pg::number;
use futures_util::future::join_all;
use tokio_postgres::types::ToSql;

use crate::{
    Projector, StepError,
    fold::{Folded, FoldingError, Job, Stopped},
    session,
    turn::Turn,
    write::{Moved, write},
};

/// The jobs of one turn on their way into the tables.
pub(crate) struct Round<'a> {
    pub(crate) projector: &'a mut Projector,
    pub(crate) client: &'a ClientWrapper,
    /// Groups of jobs, each to be written in one transaction.
    pub(crate) waiting: Vec<Vec<Job>>,
    pub(crate) turn: &'a mut Turn,
}

impl Round<'_> {
    pub(crate) async fn run(mut self) -> Result<(), StepError> {
        while let Some(jobs) = self.waiting.pop() {
            let (folded, works) = self.fold(jobs).await?;
            match write(self.client, &folded, self.projector.fencing.fence()).await {
                Ok(moved) => self.settle(folded, works, &moved).await?,
                Err(error) if session::is_about_rows(&error) => {
                    self.isolate(folded, &session::reason(&error)).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Folds every job as far as it can be folded.
    async fn fold(
        &mut self,
        jobs: Vec<Job>,
    ) -> Result<(Vec<Folded>, Vec<Box<dyn Work>>), StepError> {
        let mut folding = vec![];
        for job in jobs {
            let kept = self.projector.kept.take(&job);
            folding.push(job.fold(self.client, kept));
        }
        let mut folded = vec![];
        for result in join_all(folding).await {
            match result {
                Ok((Folded { job, stopped: Some(stopped), .. }, _)) if job.is_empty() => {
                    self.stand_still(&job, job.since, &stopped).await?;
                }
                Ok(done) => folded.push(done),
                Err(FoldingError::Failed(error)) => return Err(error),
                Err(FoldingError::Unfit(job, error)) => self.narrow(*job, &error).await?,
            }
        }
        Ok(folded.into_iter().unzip())
    }

    /// Some row of what was folded together cannot be written: tries each
    /// consumer alone, and one that was alone with fewer events.
    async fn isolate(&mut self, folded: Vec<Folded>, error: &str) -> Result<(), StepError> {
        let alone = folded.len() == 1;
        for Folded { job, .. } in folded {
            if alone {
                self.narrow(job, error).await?;
            } else {
                self.waiting.push(vec![job]);
            }
        }
        Ok(())
    }

    /// Some event of the job leads to rows that cannot be written: looks for
    /// it in the first half, until there is but one, and leaves its stream out.
    async fn narrow(&mut self, mut job: Job, error: &str) -> Result<(), StepError> {
        if job.halve() {
            self.waiting.push(vec![job]);
            return Ok(());
        }
        let found = job.left().and_then(|event| event.found(error.to_owned()));
        if let Some(found) = found {
            job.left_out.add(found);
            self.waiting.push(vec![job]);
            return Ok(());
        }
        let stopped = Stopped { position: job.stretch.until, error: error.to_owned() };
        self.stand_still(&job, job.since, &stopped).await
    }

    /// Takes in what was written.
    async fn settle(
        &mut self,
        folded: Vec<Folded>,
        works: Vec<Box<dyn Work>>,
        moved: &Moved,
    ) -> Result<(), StepError> {
        let mut visible = BTreeMap::new();
        for (folded, work) in folded.into_iter().zip(works) {
            let since = moved.get(&folded.key()).copied();
            let Folded { job, changes, events, verdict, stopped, .. } = folded;
            let tenant = job.stretch.tenant;
            if job.stretch.until < job.head && stopped.is_none() {
                self.turn.more.insert(tenant);
            }
            let Some(since) = since else {
                self.turn.stepped.lost += 1;
                continue;
            };
            let rows = (changes.put.len() + changes.removed.len()) as u64;
            self.turn.stepped.moved += 1;
            self.turn.stepped.events += events;
            self.turn.stepped.rows += rows;
            self.projector.measures.folded(&job.model, events, rows);
            self.projector.measures.moved(&job);
            self.projector.set_apart(&job, &verdict.found);
            self.turn.stepped.quarantined += verdict.found.len();
            let position = visible.entry(tenant).or_insert(0);
            *position = job.stretch.until.max(*position);
            if let Some(stopped) = stopped {
                self.stand_still(&job, since, &stopped).await?;
            }
            self.projector.kept.put(&job, work, since);
        }
        self.projector.announce(visible);
        Ok(())
    }

    /// Notes that a consumer cannot take an event, unless another process has
    /// moved on and the rows were of a later time than the event. It is told
    /// once, and again when it is another event or another reason.
    async fn stand_still(
        &mut self,
        job: &Job,
        since: DateTime<Utc>,
        stopped: &Stopped,
    ) -> Result<(), StepError> {
        let Stopped { position, error } = stopped;
        let tenant = event_store::pg::uuid(job.stretch.tenant);
        let statement = self.client.prepare_cached(include_str!("sql/fail.sql")).await?;
        let number = number(*position);
        let consumer = &job.model.consumer;
        let mut params: Vec<&(dyn ToSql + Sync)> = vec![consumer, &tenant, &number, error, &since];
        params.extend(self.projector.fencing.fence().params());
        let noted = self.client.execute(&statement, &params).await?;
        if noted == 0 {
            self.turn.stepped.lost += 1;
            return Ok(());
        }
        self.turn.stepped.stuck += 1;
        self.projector.measures.failed(&job.model);
        let known = job.failure.as_ref();
        if known.is_none_or(|known| known.position != *position || known.error != *error) {
            tracing::error!(
                read_model = job.model.entry().name,
                tenant.id = %job.stretch.tenant,
                position,
                error,
                "a read model stands still before an event that it does not see"
            );
        }
        Ok(())
    }
}
