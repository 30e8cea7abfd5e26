//! Rows as they once were: folded on demand from the log.
//!
//! A row that one aggregate makes is folded from that aggregate's events, any
//! other from the tenant's. What that may cost is bounded by the number of
//! events.

use std::{collections::BTreeSet, sync::Arc};

use async_graphql::Value;
use domain::kernel::{AnyRecorded, Cell, ReadModelEntry, Work};
use event_store::{StoredEvent, pg::ulid};
use ulid::Ulid;
use uuid::Uuid;

use super::{Batch, Parents, Row, Shared};
use crate::{
    arguments::Moment,
    catalogue::{FieldKind, Model},
    problem::Problem,
    reading::{LeftOut, ReadFault, Reading},
    sql::Param,
    value,
};

/// How many positions of the log are looked at in one go.
const STEP: u64 = 2_000;

/// A position in the tenant's log that was there when it was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Past(pub(crate) u64);

impl Past {
    /// Finds the position of a moment.
    ///
    /// # Errors
    /// When it lies beyond the end of the log.
    pub(crate) async fn find(reading: &Reading, moment: Moment) -> Result<Self, Problem> {
        let head = reading.end().await?;
        match moment {
            Moment::Position(position) if position <= head => Ok(Self(position)),
            Moment::Position(position) => Err(Problem::invalid(format!(
                "asOf.position: the log ends at {head}, before {position}"
            ))
            .with("position", value::show_integer(i64::try_from(head).unwrap_or(i64::MAX)))),
            Moment::Time(time) => Ok(Self(reading.last_by(head, time).await?)),
        }
    }
}

/// Reads a row as it was, if it was there.
///
/// # Errors
/// When it would take too many events, or the database gives no answer.
pub(crate) async fn read_past(
    shared: &Arc<Shared>,
    reading: &Arc<Reading>,
    model: &Model,
    past: Past,
    key: &[Param],
    fields: &BTreeSet<usize>,
) -> Result<Option<Row>, Problem> {
    let key: Option<Vec<Cell>> = key.iter().map(value::key_cell).collect();
    let Some(folding) = Folding::of(shared, reading, model, past.0).await? else {
        return Ok(None);
    };
    let Some(cells) = folding.fold(&key.unwrap_or_default()).await? else { return Ok(None) };
    let fields: Vec<usize> = fields.iter().copied().collect();
    let rows = vec![shown(shared, model, &fields, &cells)?];
    let batch = Batch::new(shared, reading, model, &fields, rows).of(past);
    Ok(Some(Row { batch: Arc::new(batch), index: 0 }))
}

/// Reads the rows of these ids, which are different ones, as they were.
pub(super) async fn parents(
    shared: &Arc<Shared>,
    reading: &Arc<Reading>,
    model: &Model,
    past: Past,
    ids: &[Uuid],
    fields: &BTreeSet<usize>,
) -> Result<Parents, Problem> {
    let fields: Vec<usize> = fields.iter().copied().collect();
    let kind = model.key_fields().next().map(|field| &field.kind);
    let mut rows = vec![];
    if let (Some(FieldKind::Id { prefix, .. }), Some(folding)) =
        (kind, Folding::of(shared, reading, model, past.0).await?)
    {
        let ids: Vec<Ulid> = ids.iter().copied().map(ulid).collect();
        for (id, cells) in folding.fold_each(&ids).await? {
            rows.push((value::id_text(id, prefix), shown(shared, model, &fields, &cells)?));
        }
    }
    Ok(Parents::of_past(shared, reading, model, &fields, past, rows))
}

pub(super) fn shown(
    shared: &Shared,
    model: &Model,
    fields: &[usize],
    cells: &[Cell],
) -> Result<Vec<Value>, Problem> {
    let show = |place: &usize| {
        let mut cell = cells.get(*place).cloned().unwrap_or(Cell::Null);
        let field = model.field(*place);
        if let Some(personal) = field.and_then(|field| field.personal.as_ref()) {
            cell = cell.plain(&personal.kind).map_err(|error| Problem::internal(&error))?;
        }
        let kind = field.map_or(&FieldKind::Json, |field| &field.kind);
        Ok(value::cell(cell, kind, &shared.catalogue.enums))
    };
    fields.iter().map(show).collect()
}

/// A fold up to a position, of one row or of all.
pub(super) struct Folding<'a> {
    pub(super) shared: &'a Shared,
    pub(super) reading: &'a Reading,
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
    async fn fold(&self, key: &[Cell]) -> Result<Option<Vec<Cell>>, Problem> {
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

    /// Folds the rows of several ids, each of which is all of a key. Where each
    /// would take the events of the whole log, these are gone through once.
    async fn fold_each(&self, ids: &[Ulid]) -> Result<Vec<(Ulid, Vec<Cell>)>, Problem> {
        let apart = |id: &Ulid| self.aggregate(&[Cell::Id(*id)]).is_some();
        let mut found = vec![];
        if ids.len() < 2 || ids.iter().all(apart) {
            for id in ids {
                found.extend(self.fold(&[Cell::Id(*id)]).await?.map(|row| (*id, row)));
            }
            return Ok(found);
        }
        let work = self.fold_all().await?;
        let key = self.model.key.first().copied().unwrap_or_default();
        for (row, _) in rows(work.as_ref())? {
            if let Some(Cell::Id(id)) = row.get(key)
                && ids.contains(id)
            {
                found.push((*id, row));
            }
        }
        Ok(found)
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
