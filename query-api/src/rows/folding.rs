//! Folding rows on demand from the log.
//!
//! A row that one aggregate makes is folded from that aggregate's events, any
//! other from the tenant's. What that may cost is bounded by the number of
//! events.

use std::{
    collections::{BTreeMap, BTreeSet, btree_set},
    iter::Peekable,
};

use domain::kernel::{AnyRecorded, Cell, ReadModelEntry, Work};
use event_store::StoredEvent;
use ulid::Ulid;

use super::{Past, Shared};
use crate::{
    catalogue::{FieldKind, Model},
    problem::Problem,
    reading::{LeftOut, ReadFault, Reading},
};

/// How many positions of the log are looked at in one go.
const STEP: u64 = 2_000;

/// A fold up to a position, of one row or of all.
pub(super) struct Folding<'a> {
    shared: &'a Shared,
    reading: &'a Reading,
    pub(super) model: &'a Model,
    pub(super) entry: &'a ReadModelEntry,
    until: u64,
    /// What the model's table is without, too.
    left_out: LeftOut,
}

/// What an event does to a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Touch {
    /// Nothing.
    Not,
    /// It changes this row and no other.
    Alone,
    /// It changes others as well: these must be there.
    Among,
}

impl<'a> Folding<'a> {
    /// A fold of the rows of a model; of one that is declared.
    ///
    /// # Errors
    /// When the database gives no answer.
    pub(super) async fn of(
        shared: &'a Shared,
        reading: &'a Reading,
        model: &'a Model,
        until: u64,
    ) -> Result<Option<Self>, ReadFault> {
        let Some(entry) = shared.registry.read_model(model.name) else { return Ok(None) };
        let left_out = reading.left_out(model).await?;
        Ok(Some(Self { shared, reading, model, entry, until, left_out }))
    }
}

impl Folding<'_> {
    /// The aggregate that alone makes the row of a key, if there is one.
    fn aggregate(&self, key: &[Cell]) -> Option<Ulid> {
        if !self.entry.of_one_aggregate {
            return None;
        }
        let sources = self.entry.fold.sources();
        self.model.key_fields().zip(key).find_map(|(field, cell)| match (&field.kind, cell) {
            (FieldKind::Id { aggregate, .. }, Cell::Id(id))
                if sources.contains(&aggregate.as_str()) =>
            {
                Some(*id)
            }
            _ => None,
        })
    }

    /// Folds the row of a key.
    pub(super) async fn fold(&self, key: &[Cell]) -> Result<Option<Vec<Cell>>, Problem> {
        let mut work = self.entry.fold.work();
        let alone = self.each(key, |event| match self.touch(key, event) {
            Touch::Not => Ok(true),
            Touch::Alone => apply(work.as_mut(), event).map(|()| true),
            Touch::Among => Ok(false),
        });
        if !alone.await? {
            work = self.fold_all().await?;
        }
        let rows = rows(work.as_ref())?;
        let is_it = |row: &[Cell]| {
            self.model.key.iter().zip(key).all(|(field, cell)| row.get(*field) == Some(cell))
        };
        Ok(rows.into_iter().map(|(row, _)| row).find(|row| is_it(row)))
    }

    /// Folds rows, each of which has one id as its key, as they were at
    /// positions up to the fold's. The events that several of them would take are
    /// gone through once.
    pub(super) async fn fold_each(
        &self,
        wanted: BTreeSet<(Past, Ulid)>,
    ) -> Result<Vec<(Past, Ulid, Vec<Cell>)>, Problem> {
        if let (Some((past, id)), 1) = (wanted.first().copied(), wanted.len()) {
            let row = self.fold(&[Cell::Id(id)]).await?;
            return Ok(row.map(|cells| (past, id, cells)).into_iter().collect());
        }
        let is_apart = |(_, id): &(Past, Ulid)| self.aggregate(&[Cell::Id(*id)]).is_some();
        if !wanted.iter().all(is_apart) {
            return self.note(&[], wanted).await;
        }
        let mut by_id: BTreeMap<Ulid, BTreeSet<(Past, Ulid)>> = BTreeMap::new();
        for (past, id) in wanted {
            by_id.entry(id).or_default().insert((past, id));
        }
        let mut found = vec![];
        for (id, wanted) in by_id {
            found.extend(self.note(&[Cell::Id(id)], wanted).await?);
        }
        Ok(found)
    }

    /// Folds the events of a key, or all, and notes the rows on the way.
    async fn note(
        &self,
        key: &[Cell],
        wanted: BTreeSet<(Past, Ulid)>,
    ) -> Result<Vec<(Past, Ulid, Vec<Cell>)>, Problem> {
        let mut noting = Noting {
            key: self.model.key.first().copied().unwrap_or_default(),
            work: self.entry.fold.work(),
            rows: BTreeMap::new(),
            wanted: wanted.into_iter().peekable(),
            found: vec![],
        };
        self.each(key, |event| noting.take(event)).await?;
        noting.note_before(u64::MAX)?;
        Ok(noting.found)
    }

    /// Folds all rows.
    pub(super) async fn fold_all(&self) -> Result<Box<dyn Work>, Problem> {
        let mut work = self.entry.fold.work();
        self.each(&[], |event| apply(work.as_mut(), event).map(|()| true)).await?;
        Ok(work)
    }

    /// What an event does to the row of a key.
    pub(super) fn touch(&self, key: &[Cell], event: &AnyRecorded) -> Touch {
        let keys = self.entry.fold.keys(event);
        match (keys.iter().any(|touched| touched == key), keys.len()) {
            (false, _) => Touch::Not,
            (true, 1) => Touch::Alone,
            (true, _) => Touch::Among,
        }
    }

    /// Shows the events that can have to do with the row of a key, or with any
    /// row where there is none, oldest first, as long as they are taken. Answers
    /// whether all were.
    ///
    /// # Errors
    /// When there are more than may be folded.
    pub(super) async fn each(
        &self,
        key: &[Cell],
        mut take: impl FnMut(&AnyRecorded) -> Result<bool, Problem>,
    ) -> Result<bool, Problem> {
        let limit = self.shared.settings.past_events;
        let stream = self.aggregate(key);
        if stream.is_none() && self.until > limit {
            return Err(too_much(self.model, limit));
        }
        let (mut next, mut seen) = (Some(0).filter(|_| self.until > 0), 0);
        while let Some(after) = next {
            let events;
            (events, next) = match stream {
                Some(stream) => {
                    self.reading.stream(stream, after, self.until, &self.left_out).await?
                }
                None => self.of_log(after).await?,
            };
            seen += events.len() as u64;
            if seen > limit {
                return Err(too_much(self.model, limit));
            }
            for event in events {
                if !take(&self.decode(event)?)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The events after a position, and after which there may be more.
    async fn of_log(&self, after: u64) -> Result<(Vec<StoredEvent>, Option<u64>), ReadFault> {
        let sources = self.entry.fold.sources();
        let to = self.until.min(after + STEP);
        let events = self.reading.log(sources, after, to, &self.left_out).await?;
        Ok((events, Some(to).filter(|to| *to < self.until)))
    }

    fn decode(&self, event: StoredEvent) -> Result<AnyRecorded, Problem> {
        event_store::decode(&self.shared.registry, event).map_err(|error| Problem::internal(&error))
    }
}

/// Rows while events are gone through, noted as they were at some positions.
struct Noting {
    /// The field that is the key.
    key: usize,
    work: Box<dyn Work>,
    /// The rows as they were when last looked at.
    rows: BTreeMap<Ulid, Vec<Cell>>,
    /// What is still to be noted, in the order of the log.
    wanted: Peekable<btree_set::IntoIter<(Past, Ulid)>>,
    found: Vec<(Past, Ulid, Vec<Cell>)>,
}

impl Noting {
    fn take(&mut self, event: &AnyRecorded) -> Result<bool, Problem> {
        self.note_before(event.envelope().position)?;
        apply(self.work.as_mut(), event)?;
        Ok(self.wanted.peek().is_some())
    }

    /// Notes the rows that are wanted of before a position.
    fn note_before(&mut self, position: u64) -> Result<(), Problem> {
        if self.wanted.peek().is_none_or(|(past, _)| past.0 >= position) {
            return Ok(());
        }
        let changes = self.work.changes().map_err(|error| Problem::internal(&error))?;
        for key in &changes.removed {
            if let [Cell::Id(id)] = key.as_slice() {
                self.rows.remove(id);
            }
        }
        for (cells, _) in changes.put {
            if let Some(Cell::Id(id)) = cells.get(self.key) {
                self.rows.insert(*id, cells);
            }
        }
        while let Some((past, id)) = self.wanted.next_if(|(past, _)| past.0 < position) {
            self.found.extend(self.rows.get(&id).map(|cells| (past, id, cells.clone())));
        }
        Ok(())
    }
}

pub(super) fn apply(work: &mut dyn Work, event: &AnyRecorded) -> Result<(), Problem> {
    work.apply(event).map_err(|error| Problem::internal(&error))
}

/// The rows that were folded, each with the position of the last event in it.
pub(super) fn rows(work: &dyn Work) -> Result<Vec<(Vec<Cell>, u64)>, Problem> {
    work.rows().map_err(|error| Problem::internal(&error))
}

fn too_much(model: &Model, limit: u64) -> Problem {
    let message = format!(
        "{} would take more than {limit} events to fold; choose an earlier moment, or have the \
         tenant's past put into tables (tenantry past start) and ask for it by the header As-Of",
        model.one
    );
    Problem::invalid(message).with("limit", limit)
}
