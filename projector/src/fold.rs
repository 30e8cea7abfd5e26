//! Folding a stretch of a log into the rows of one read model.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use deadpool_postgres::ClientWrapper;
use domain::kernel::{Changes, Work};
use ulid::Ulid;

use crate::{
    StepError,
    batch::{Batch, Stretch, Taken},
    model::{LoadError, Model},
    quarantine::{Found, LeftOut, Verdict},
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
    /// What is left out of the stretch.
    pub(crate) left_out: LeftOut,
    /// The events of the stretch, and perhaps of more.
    pub(crate) batch: Arc<Batch>,
}

/// What became of a job, not yet written down.
pub(crate) struct Folded {
    /// The job, cut short before an event that is not there.
    pub(crate) job: Job,
    pub(crate) changes: Changes,
    /// The personal values of the rows to be written, sealed.
    pub(crate) seals: Vec<Vec<Seal>>,
    /// How many events were folded.
    pub(crate) events: u64,
    /// What becomes of streams.
    pub(crate) verdict: Verdict,
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

/// An event that is not there, or that nobody knows how to fold.
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

    /// The first event that is not left out.
    pub(crate) fn left(&self) -> Option<&Taken> {
        self.events().find(|event| !self.left_out.holds(event))
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

    /// Folds the stretch, up to an event that is not there. Streams that cannot
    /// be folded are left out from there on. Rows that a kept work does not hold
    /// are loaded.
    pub(crate) async fn fold(
        mut self,
        client: &ClientWrapper,
        kept: Option<Box<dyn Work>>,
    ) -> Result<(Folded, Box<dyn Work>), FoldingError> {
        let stopped = self.cut();
        let mut work = kept.unwrap_or_else(|| self.model.entry().fold.work());
        let (events, found) = loop {
            match self.attempt(client, &mut *work).await {
                Ok(done) => break done,
                // Nobody knows what a fold that panicked has left behind.
                Err(Attempt::Panicked(found)) => {
                    self.left_out.add(found);
                    work = self.model.entry().fold.work();
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
        };
        let changes = match work.changes() {
            Ok(changes) => changes,
            Err(unfit) => return Err(FoldingError::Unfit(self.into(), unfit.to_string())),
        };
        let seals = match vault::seal_rows(&self.model, self.stretch.tenant, &changes.put).await {
            Ok(seals) => seals,
            Err(SealError::Keys(error)) => return Err(FoldingError::Failed(error.into())),
            Err(unfit) => return Err(FoldingError::Unfit(self.into(), unfit.to_string())),
        };
        // Kept by the job: it may have to be folded once more.
        let mut verdict = Verdict { found: self.left_out.found.clone(), lifted: vec![] };
        verdict.found.extend(found);
        Ok((Folded { job: self, changes, seals, events, verdict, stopped }, work))
    }

    /// Cuts the stretch short before an event that is not there: nobody knows
    /// whose it is.
    fn cut(&mut self) -> Option<Stopped> {
        let stopped = self.events().find_map(|event| match event {
            Taken::Broken { origin: None, position, error } => {
                Some(Stopped { position: *position, error: error.clone() })
            }
            _ => None,
        })?;
        self.stretch.until = stopped.position - 1;
        Some(stopped)
    }

    /// Folds all events that are not left out. Says how many there were, and
    /// which could not be folded.
    async fn attempt(
        &self,
        client: &ClientWrapper,
        work: &mut dyn Work,
    ) -> Result<(u64, Vec<Found>), Attempt> {
        let mut left_out = self.left_out.anew();
        let mut unseen = vec![];
        let mut known = vec![];
        for event in self.events().filter(|event| !left_out.holds(event)).collect::<Vec<_>>() {
            match event {
                Taken::Known(recorded) => {
                    match caught(|| work.touch(recorded)) {
                        Ok(mut keys) => unseen.append(&mut keys),
                        Err(words) => return Err(Attempt::Panicked(Found::of(recorded, words))),
                    }
                    known.push((event, recorded));
                }
                Taken::Broken { error, .. } => left_out.add_from(event, error.clone()),
            }
        }
        self.model.load(client, self.stretch.tenant, &unseen, work).await?;
        let mut folded = 0;
        for (event, recorded) in known {
            if left_out.holds(event) {
                continue;
            }
            match caught(|| work.apply(recorded)) {
                Ok(Ok(())) => folded += 1,
                Ok(Err(error)) => left_out.add_from(event, error.to_string()),
                Err(words) => return Err(Attempt::Panicked(Found::of(recorded, words))),
            }
        }
        Ok((folded, left_out.found))
    }
}

/// Does what a declaration says; in case it panics, gives its words.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let words = panic.downcast_ref::<&str>().map(ToString::to_string);
        let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
        format!("the fold panicked: {}", words.as_deref().unwrap_or("without a word"))
    })
}

/// Why an attempt at a stretch did not reach its end.
enum Attempt {
    /// Folding this event panicked.
    Panicked(Found),
    Failed(LoadError),
}

impl From<LoadError> for Attempt {
    fn from(error: LoadError) -> Self {
        Self::Failed(error)
    }
}
