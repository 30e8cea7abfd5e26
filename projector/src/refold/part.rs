//! Consumers that fold rows again together, from the same events.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use deadpool_postgres::ClientWrapper;
use domain::kernel::{Cell, Registry, Work};
use event_store::{
    history::{self, Excerpt, History, RawEvent},
    keys::KeyRing,
    pg::TenantRead,
};
use ulid::Ulid;

use super::Affected;
use crate::{
    StepError,
    batch::Taken,
    fold::caught,
    model::Model,
    quarantine::{LeftOut, Verdict},
    standing::Standing,
};

/// Bytes of events that are read at once.
const BYTES: usize = 16 << 20;

/// One consumer's rows.
pub(super) struct Share {
    pub(super) model: Arc<Model>,
    pub(super) standing: Standing,
    pub(super) since: DateTime<Utc>,
    pub(super) work: Box<dyn Work>,
    pub(super) rows: Rows,
    /// What is left out.
    left_out: LeftOut,
    /// Streams that were left out and are tried again.
    pub(super) retried: Vec<Ulid>,
    /// Whether the fold panicked, after which nobody knows what the work holds.
    panicked: bool,
    /// Why the rows cannot be folded.
    pub(super) unfit: Option<String>,
}

/// Which rows are folded again.
pub(super) enum Rows {
    /// None: no event concerns them.
    None,
    /// Those of these keys.
    Of(Vec<Vec<Cell>>),
    /// All of the tenant's. Which rows an event touches may itself follow from
    /// what was erased, so nobody can tell which ones it touched before.
    All,
}

/// Consumers that are served by the same events, and how far these are read.
pub(super) struct Part {
    shares: Vec<Share>,
    beginning: Source,
    source: Source,
}

#[derive(Clone)]
enum Source {
    /// Nothing is left to be read.
    Read,
    /// Streams, the first of which is read after a version.
    Streams(VecDeque<Ulid>, u64),
    /// The log after a position.
    Log(u64),
}

impl Share {
    /// A share without rows yet, in which some of what is left out is tried
    /// again. None while the consumer has no checkpoint.
    pub(super) fn new(
        model: Arc<Model>,
        standing: Standing,
        mut left_out: LeftOut,
        retried: Vec<Ulid>,
    ) -> Option<Self> {
        left_out.release(&retried);
        Some(Self {
            since: standing.since?,
            work: model.entry().fold.work(),
            model,
            standing,
            rows: Rows::None,
            left_out,
            retried,
            panicked: false,
            unfit: None,
        })
    }

    /// What becomes of streams.
    pub(super) fn verdict(&mut self) -> Verdict {
        let found = std::mem::take(&mut self.left_out.found);
        let again: HashSet<Ulid> = found.iter().map(|found| found.origin.stream).collect();
        let lifted = self.retried.iter().copied().filter(|stream| !again.contains(stream));
        let lifted = lifted.collect();
        Verdict { found, lifted }
    }

    /// Whether it began where this consumer still stands.
    pub(super) fn is_of(&self, now: &Standing) -> bool {
        self.standing.consumer == now.consumer && Some(self.since) == now.since
    }

    fn concerned<'a>(&'a self, affected: &'a [Affected]) -> impl Iterator<Item = &'a Affected> {
        affected
            .iter()
            .filter(|it| it.first <= self.standing.position && self.model.folds(&it.stream_type))
    }

    fn take(&mut self, event: &Taken) {
        let is_beyond = event.position() > self.standing.position;
        let is_left_out = is_beyond || self.left_out.holds(event);
        let is_over = self.unfit.is_some() || self.panicked;
        if is_over || is_left_out || !event.concerns(&self.model) {
            return;
        }
        let folded = match event {
            Taken::Known(event) => caught(|| self.work.apply(event)),
            Taken::Broken { error, .. } => {
                self.leave_out(event, error.clone());
                return;
            }
        };
        match folded {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.leave_out(event, error.to_string()),
            Err(words) => {
                self.panicked = true;
                self.leave_out(event, words);
            }
        }
    }

    fn leave_out(&mut self, event: &Taken, error: String) {
        match event.found(error) {
            Some(found) => self.left_out.add(found),
            None => self.unfit = Some("an event is not in the log".to_owned()),
        }
    }
}

impl Part {
    fn new(shares: Vec<Share>, beginning: Source) -> Self {
        Self { shares, source: beginning.clone(), beginning }
    }

    /// Those who have nothing to do first, then those who only need a few
    /// streams, then those who need the whole log, all together.
    pub(super) fn divide(shares: Vec<Share>, affected: &[Affected]) -> VecDeque<Self> {
        let mut idle = vec![];
        let mut parts = VecDeque::new();
        let mut whole = vec![];
        for mut share in shares {
            let mut streams: VecDeque<Ulid> =
                share.concerned(affected).map(|affected| affected.stream).collect();
            streams.extend(&share.retried);
            let mut streams = Vec::from(streams);
            streams.sort_unstable();
            streams.dedup();
            let streams = VecDeque::from(streams);
            if streams.is_empty() {
                idle.push(share);
            } else if share.model.is_of_one_stream() {
                // Each row is its stream's, and named like it.
                let keys = streams.iter().map(|stream| vec![Cell::Id(*stream)]);
                share.rows = Rows::Of(keys.collect());
                parts.push_back(Self::new(vec![share], Source::Streams(streams, 0)));
            } else {
                share.rows = Rows::All;
                whole.push(share);
            }
        }
        if !idle.is_empty() {
            parts.push_front(Self::new(idle, Source::Read));
        }
        if !whole.is_empty() {
            parts.push_back(Self::new(whole, Source::Log(0)));
        }
        parts
    }

    pub(super) fn shares(&self) -> impl Iterator<Item = &Share> {
        self.shares.iter()
    }

    /// Whether only streams are tried again.
    pub(super) fn is_an_attempt(&self) -> bool {
        self.shares.iter().all(|share| !share.standing.remembers())
    }

    /// Whether all events are read.
    pub(super) fn is_read(&self) -> bool {
        matches!(self.source, Source::Read)
    }

    /// The shares as they are written: each alone, but those without rows.
    pub(super) fn into_groups(self) -> Vec<Vec<Share>> {
        let (idle, busy): (Vec<Share>, Vec<Share>) =
            self.shares.into_iter().partition(|share| matches!(share.rows, Rows::None));
        let idle = (!idle.is_empty()).then_some(idle);
        idle.into_iter().chain(busy.into_iter().map(|share| vec![share])).collect()
    }

    /// Folds further events, about as many as there is room for, and says how
    /// many.
    pub(super) async fn advance(
        &mut self,
        client: &ClientWrapper,
        (registry, ring): (&Registry, &KeyRing),
        tenant: Ulid,
        room: u64,
    ) -> Result<u64, StepError> {
        let mut read = 0;
        while read < room && !self.is_read() {
            let (raw, looked_at) = self.next(client, ring.history(), tenant, room - read).await?;
            for event in Taken::from_log(registry, ring, tenant, raw.iter()).await? {
                self.shares.iter_mut().for_each(|share| share.take(&event));
            }
            read += looked_at;
            if self.shares.iter().any(|share| share.panicked) {
                self.begin_anew();
            }
        }
        Ok(read)
    }

    /// Folds everything from the beginning, without what was found to be left
    /// out.
    fn begin_anew(&mut self) {
        self.source = self.beginning.clone();
        for share in &mut self.shares {
            share.panicked = false;
            share.work = share.model.entry().fold.work();
        }
    }

    /// Reads the next events, and says how many positions that were.
    async fn next(
        &mut self,
        client: &ClientWrapper,
        history: &History,
        tenant: Ulid,
        room: u64,
    ) -> Result<(Vec<RawEvent>, u64), StepError> {
        let until = self.shares.iter().map(|share| share.standing.position).max().unwrap_or(0);
        let session = TenantRead { client, tenant };
        match &mut self.source {
            Source::Read => Ok((vec![], 0)),
            Source::Streams(streams, after) => {
                let Some(stream) = streams.front().copied() else {
                    self.source = Source::Read;
                    return Ok((vec![], 0));
                };
                let asked = history::Part { tenant, stream, after: *after, until, limit: room };
                let Excerpt { taken: events, is_cut, .. } =
                    history.stream_excerpt(&session, asked, BYTES).await?;
                let count = events.len() as u64;
                match events.last() {
                    Some(last) if is_cut || count == room => *after = last.version()?,
                    _ => {
                        streams.pop_front();
                        *after = 0;
                    }
                }
                Ok((events, count.max(1)))
            }
            Source::Log(after) => {
                let mut end = until.min(after.saturating_add(room));
                let types: Vec<&str> = self
                    .shares
                    .iter()
                    .flat_map(|share| share.model.entry().fold.sources().iter().copied())
                    .collect();
                let asked = history::Stretch::between(tenant, *after, end);
                let asked = history::Stretch { types: Some(&types), ..asked };
                let Excerpt { taken: events, is_cut, .. } =
                    history.excerpt(&session, asked, BYTES).await?;
                if let Some(last) = events.last().filter(|_| is_cut) {
                    end = last.position()?;
                }
                let looked_at = end - *after;
                self.source = if end == until { Source::Read } else { Source::Log(end) };
                Ok((events, looked_at))
            }
        }
    }
}
