//! Folding a stretch of a log into the rows of one read model.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deadpool_postgres::ClientWrapper;
use domain::kernel::{Changes, Work};
use ulid::Ulid;

use crate::{
    StepError,
    batch::{Batch, Stretch, Taken},
    model::{LoadError, Model},
    standing::Failure,
    vault::{self, Seal, SealError},
};

/// A stretch that a read model is to take.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) model: Arc<Model>,
    pub(crate) stretch: Stretch,
    /// When the checkpoint came to where the stretch begins.
    pub(crate) since: DateTime<Utc>,
    /// Where the log ends.
    pub(crate) head: u64,
    pub(crate) failure: Option<Failure>,
    /// How many erasures the rows have taken in once the job is done.
    pub(crate) erasures: u64,
    /// The events of the stretch, and perhaps of more.
    pub(crate) batch: Arc<Batch>,
}

/// What became of a job, not yet written down.
pub(crate) struct Folded {
    /// The job, cut short before the event that could not be folded.
    pub(crate) job: Job,
    pub(crate) changes: Changes,
    /// The personal values of the rows to be written, sealed.
    pub(crate) seals: Vec<Vec<Seal>>,
    /// How many events were folded.
    pub(crate) events: u64,
    pub(crate) stopped: Option<Stopped>,
}

impl Folded {
    /// Whose checkpoint it moves.
    pub(crate) fn key(&self) -> (Ulid, String) {
        (self.job.stretch.tenant, self.job.model.consumer.clone())
    }

    /// Whether it gets past an event that could not be folded before.
    pub(crate) fn recovered(&self) -> bool {
        let until = self.job.stretch.until;
        self.job.failure.as_ref().is_some_and(|failure| failure.position <= until)
    }
}

/// An event that could not be folded.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) position: u64,
    pub(crate) error: String,
}

/// Why nothing became of a job.
pub(crate) enum FoldingError {
    /// The database could not be asked, or the keys could not be had.
    Failed(StepError),
    /// Some event of the stretch, one does not know which, leads to rows that
    /// their table cannot hold.
    Unfit(Box<Job>, String),
}

impl Job {
    /// The events to be folded.
    pub(crate) fn events(&self) -> impl Iterator<Item = &Taken> {
        let Stretch { after, until, .. } = self.stretch;
        self.batch
            .events
            .iter()
            .filter(move |event| (after + 1..=until).contains(&event.position()))
            .filter(|event| event.concerns(&self.model))
    }

    /// Whether nothing is left of the stretch.
    pub(crate) fn is_empty(&self) -> bool {
        self.stretch.until <= self.stretch.after
    }

    /// Leaves but the first half of the stretch, unless it is a single event.
    pub(crate) fn halve(&mut self) -> bool {
        let Stretch { after, until, .. } = self.stretch;
        self.stretch.until = after + (until - after).div_ceil(2);
        self.stretch.until < until
    }

    /// Folds the stretch, or as much of it as can be folded. Rows that a kept
    /// work does not hold are loaded.
    pub(crate) async fn fold(
        mut self,
        client: &ClientWrapper,
        kept: Option<Box<dyn Work>>,
    ) -> Result<(Folded, Box<dyn Work>), FoldingError> {
        let mut stopped = None;
        let mut work = kept.unwrap_or_else(|| self.model.entry().fold.work());
        loop {
            match self.attempt(client, &mut *work).await {
                Ok(events) => {
                    let changes = match work.changes() {
                        Ok(changes) => changes,
                        Err(unfit) => {
                            return Err(FoldingError::Unfit(self.into(), unfit.to_string()));
                        }
                    };
                    let tenant = self.stretch.tenant;
                    return match vault::seal_rows(&self.model, tenant, &changes.put).await {
                        Ok(seals) => {
                            Ok((Folded { job: self, changes, seals, events, stopped }, work))
                        }
                        Err(SealError::Keys(error)) => Err(FoldingError::Failed(error.into())),
                        Err(unfit) => Err(FoldingError::Unfit(self.into(), unfit.to_string())),
                    };
                }
                // What came before that event is folded anew: the work has
                // taken part of it.
                Err(Attempt::Stopped(stop)) => {
                    self.stretch.until = stop.position - 1;
                    work = self.model.entry().fold.work();
                    stopped = Some(stop);
                }
                Err(Attempt::Failed(LoadError::Database(error))) => {
                    return Err(FoldingError::Failed(error.into()));
                }
                Err(Attempt::Failed(LoadError::Keys(error))) => {
                    return Err(FoldingError::Failed(error.into()));
                }
                Err(Attempt::Failed(unfit)) => {
                    return Err(FoldingError::Unfit(self.into(), unfit.to_string()));
                }
            }
        }
    }

    /// Folds all events, or says at which it could not go on.
    async fn attempt(&self, client: &ClientWrapper, work: &mut dyn Work) -> Result<u64, Attempt> {
        let mut unseen = vec![];
        let mut known = vec![];
        for event in self.events() {
            match event {
                Taken::Known(event) => {
                    unseen.append(&mut work.touch(event));
                    known.push(event);
                }
                Taken::Broken { position, error, .. } => {
                    let (position, error) = (*position, error.clone());
                    return Err(Attempt::Stopped(Stopped { position, error }));
                }
            }
        }
        self.model.load(client, self.stretch.tenant, &unseen, work).await?;
        for event in &known {
            work.apply(event).map_err(|error| {
                let position = event.envelope().position;
                Attempt::Stopped(Stopped { position, error: error.to_string() })
            })?;
        }
        Ok(known.len() as u64)
    }
}

/// Why an attempt at a stretch did not reach its end.
enum Attempt {
    Stopped(Stopped),
    Failed(LoadError),
}

impl From<LoadError> for Attempt {
    fn from(error: LoadError) -> Self {
        Self::Failed(error)
    }
}
