//! Consumers that fold rows again together, from the same events.

use std::{collections::VecDeque, sync::Arc};

use chrono::{DateTime, Utc};
use deadpool_postgres::ClientWrapper;
use domain::kernel::{Cell, Registry, Work};
use event_store::{
    history::{self, History, RawEvent},
    keys::KeyRing,
    pg::TenantRead,
};
use ulid::Ulid;

use super::Affected;
use crate::{StepError, batch::Taken, model::Model, standing::Standing};

/// One consumer's rows.
pub(super) struct Share {
    pub(super) model: Arc<Model>,
    pub(super) standing: Standing,
    pub(super) since: DateTime<Utc>,
    pub(super) work: Box<dyn Work>,
    pub(super) rows: Rows,
    /// Why they cannot be folded.
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
    source: Source,
}

enum Source {
    /// Nothing is left to be read.
    Read,
    /// Streams, the first of which is read after a version.
    Streams(VecDeque<Ulid>, u64),
    /// The log after a position.
    Log(u64),
}

impl Share {
    /// A share without rows yet. None while the consumer has no checkpoint.
    pub(super) fn new(model: Arc<Model>, standing: Standing) -> Option<Self> {
        let since = standing.since?;
        let work = model.entry().fold.work();
        Some(Self { model, standing, since, work, rows: Rows::None, unfit: None })
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
        if self.unfit.is_some() || is_beyond || !event.concerns(&self.model) {
            return;
        }
        let applied = match event {
            Taken::Known(event) => {
                let unseen = self.work.touch(event);
                if let Rows::Of(keys) = &mut self.rows {
                    keys.extend(unseen);
                }
                self.work.apply(event).map_err(|error| error.to_string())
            }
            Taken::Broken { error, .. } => Err(error.clone()),
        };
        self.unfit = applied.err();
    }
}

impl Part {
    /// Those who have nothing to do first, then those who only need a few
    /// streams, then those who need the whole log, all together.
    pub(super) fn divide(shares: Vec<Share>, affected: &[Affected]) -> VecDeque<Self> {
        let mut idle = vec![];
        let mut parts = VecDeque::new();
        let mut whole = vec![];
        for mut share in shares {
            let mut streams: VecDeque<Ulid> =
                share.concerned(affected).map(|affected| affected.stream).collect();
            streams.make_contiguous().sort_unstable();
            if streams.is_empty() {
                idle.push(share);
            } else if share.model.is_of_one_stream() {
                share.rows = Rows::Of(vec![]);
                parts.push_back(Self { shares: vec![share], source: Source::Streams(streams, 0) });
            } else {
                share.rows = Rows::All;
                whole.push(share);
            }
        }
        if !idle.is_empty() {
            parts.push_front(Self { shares: idle, source: Source::Read });
        }
        if !whole.is_empty() {
            parts.push_back(Self { shares: whole, source: Source::Log(0) });
        }
        parts
    }

    pub(super) fn shares(&self) -> impl Iterator<Item = &Share> {
        self.shares.iter()
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
        }
        Ok(read)
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
                let events = history.stream(&session, asked).await?;
                let count = events.len() as u64;
                match events.last() {
                    Some(last) if count == room => *after = last.version()?,
                    _ => {
                        streams.pop_front();
                        *after = 0;
                    }
                }
                Ok((events, count.max(1)))
            }
            Source::Log(after) => {
                let end = until.min(after.saturating_add(room));
                let types: Vec<&str> = self
                    .shares
                    .iter()
                    .flat_map(|share| share.model.entry().fold.sources().iter().copied())
                    .collect();
                let asked = history::Stretch::between(tenant, *after, end);
                let asked = history::Stretch { types: Some(&types), ..asked };
                let events = history.stretch(&session, asked).await?;
                let looked_at = end - *after;
                self.source = if end == until { Source::Read } else { Source::Log(end) };
                Ok((events, looked_at))
            }
        }
    }
}
