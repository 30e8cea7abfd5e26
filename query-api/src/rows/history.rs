//! What became of a row, event by event.

use std::{collections::BTreeSet, sync::Arc};

use async_graphql::Value;
use domain::kernel::{AnyRecorded, Cell, Envelope, ReadModelEntry, Work};

use super::{
    Batch, Past, Row, Shared,
    folding::{Folding, Touch, apply},
    past::shown,
};
use crate::{catalogue::Model, problem::Problem, reading::Reading, sql::Param, value};

/// Versions of a row, oldest first.
pub(crate) struct History {
    pub(crate) versions: Vec<Arc<Version>>,
    /// Whether there are later ones than were asked for.
    pub(crate) has_more: bool,
}

/// What one event made of a row.
pub(crate) struct Version {
    pub(crate) envelope: Envelope,
    /// The event's name.
    pub(crate) event: &'static str,
    pub(crate) changes: Vec<FieldChange>,
    /// The row after the event; nothing when it removed it.
    pub(crate) row: Option<Row>,
}

/// What an event made of one field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FieldChange {
    /// The field, by its place in the model.
    pub(crate) field: usize,
    pub(crate) from: Value,
    pub(crate) to: Value,
    /// Whether the values are kept from the caller.
    pub(crate) hidden: bool,
    /// Whether the value it had from then on was erased since.
    pub(crate) erased: bool,
}

/// Which versions are asked for.
pub(crate) struct Span {
    pub(crate) after: u64,
    pub(crate) first: usize,
}

/// Reads the history of a row, up to where the log ends; nothing of one that
/// never was.
///
/// # Errors
/// When it would take too many events, or the database gives no answer.
pub(crate) async fn read_history(
    shared: &Arc<Shared>,
    reading: &Arc<Reading>,
    model: &Model,
    key: &[Param],
    span: Span,
    fields: &BTreeSet<usize>,
) -> Result<Option<History>, Problem> {
    let key: Option<Vec<Cell>> = key.iter().map(value::key_cell).collect();
    let key = key.unwrap_or_default();
    let until = reading.end().await?;
    let Some(folding) = Folding::of(shared, reading, model, until).await? else {
        return Ok(None);
    };
    let Course { steps, more, touched, .. } = folding.course(&key, &span).await?;
    if !touched {
        return Ok(None);
    }
    let erased = if model.is_personal() {
        let positions = steps.iter().map(|step| step.envelope.position);
        reading.with_erased_data(positions).await?
    } else {
        BTreeSet::new()
    };
    let telling = Telling { shared, reading, model, fields, erased };
    Ok(Some(History { versions: telling.versions(steps)?, has_more: more }))
}

/// One event, with the row before and after it.
struct Step {
    envelope: Envelope,
    event: &'static str,
    before: Option<Vec<Cell>>,
    after: Option<Vec<Cell>>,
}

/// The row while its events are gone through.
struct Course<'a> {
    model: &'a Model,
    key: &'a [Cell],
    span: &'a Span,
    work: Box<dyn Work>,
    row: Option<Vec<Cell>>,
    steps: Vec<Step>,
    more: bool,
    /// Whether any event has changed the row.
    touched: bool,
}

impl<'a> Course<'a> {
    fn new(entry: &ReadModelEntry, model: &'a Model, key: &'a [Cell], span: &'a Span) -> Self {
        let work = entry.fold.work();
        Self { model, key, span, work, row: None, steps: vec![], more: false, touched: false }
    }

    /// Goes on by an event that changes the row. Answers whether to go on.
    fn take(&mut self, event: &AnyRecorded) -> Result<bool, Problem> {
        let envelope = event.envelope();
        self.touched = true;
        if self.steps.len() == self.span.first && envelope.position > self.span.after {
            self.more = true;
            return Ok(false);
        }
        apply(self.work.as_mut(), event)?;
        let changes = self.work.changes().map_err(|error| Problem::internal(&error))?;
        let is_it = |cells: &[Cell]| {
            self.model.key.iter().zip(self.key).all(|(field, cell)| cells.get(*field) == Some(cell))
        };
        let put = changes.put.into_iter().map(|(cells, _)| cells).find(|cells| is_it(cells));
        let after = match put {
            Some(cells) => Some(cells),
            None if changes.removed.iter().any(|key| key == self.key) => None,
            None => self.row.clone(),
        };
        let before = std::mem::replace(&mut self.row, after.clone());
        if envelope.position > self.span.after {
            let (envelope, event) = (envelope.clone(), event.name());
            self.steps.push(Step { envelope, event, before, after });
        }
        Ok(true)
    }
}

impl Folding<'_> {
    /// What happens to the row.
    async fn course<'a>(&'a self, key: &'a [Cell], span: &'a Span) -> Result<Course<'a>, Problem> {
        let mut course = Course::new(self.entry, self.model, key, span);
        let mut among = false;
        self.each(key, |event| match self.touch(key, event) {
            Touch::Not => Ok(true),
            Touch::Alone => course.take(event),
            Touch::Among => {
                among = true;
                Ok(false)
            }
        })
        .await?;
        if among {
            course = Course::new(self.entry, self.model, key, span);
            self.each(key, |event| match self.touch(key, event) {
                Touch::Not => apply(course.work.as_mut(), event).map(|()| true),
                Touch::Alone | Touch::Among => course.take(event),
            })
            .await?;
        }
        Ok(course)
    }
}

/// Turns steps into what is told of them.
struct Telling<'a> {
    shared: &'a Arc<Shared>,
    reading: &'a Arc<Reading>,
    model: &'a Model,
    fields: &'a BTreeSet<usize>,
    /// Events that hold something about people who were erased.
    erased: BTreeSet<u64>,
}

impl Telling<'_> {
    fn versions(&self, steps: Vec<Step>) -> Result<Vec<Arc<Version>>, Problem> {
        let fields: Vec<usize> = self.fields.iter().copied().collect();
        let (mut rows, mut pasts) = (vec![], vec![]);
        for Step { envelope, after, .. } in &steps {
            if let Some(cells) = after {
                rows.push(self.row(&fields, cells)?);
                pasts.push(Past(envelope.position));
            }
        }
        // One batch, so that what all of them point to is read at once.
        let batch = Batch::new(self.shared, self.reading, self.model, &fields, rows).at(pasts);
        let batch = Arc::new(batch);
        let mut places = 0..batch.len();
        let version = |Step { envelope, event, before, after }| {
            let changes = self.changes(envelope.position, before.as_deref(), after.as_deref())?;
            let place = after.and_then(|_| places.next());
            let row = place.map(|index| Row { batch: batch.clone(), index });
            Ok(Arc::new(Version { envelope, event, changes, row }))
        };
        steps.into_iter().map(version).collect()
    }

    fn row(&self, fields: &[usize], cells: &[Cell]) -> Result<Vec<Value>, Problem> {
        let mut values = shown(self.shared, self.model, fields, cells)?;
        for (field, value) in fields.iter().zip(&mut values) {
            if self.is_hidden(*field) {
                *value = Value::Null;
            }
        }
        Ok(values)
    }

    fn changes(
        &self,
        position: u64,
        before: Option<&[Cell]>,
        after: Option<&[Cell]>,
    ) -> Result<Vec<FieldChange>, Problem> {
        let mut changes = vec![];
        for (field, column) in self.model.fields.iter().enumerate() {
            let cell = |row: Option<&[Cell]>| {
                row.and_then(|row| row.get(field)).cloned().unwrap_or(Cell::Null)
            };
            let (from, to) = (cell(before), cell(after));
            // What is erased was there once: nobody can tell from which value
            // to which, only that an event with such a value touched the row.
            let erased = column.personal.is_some()
                && to == Cell::Null
                && after.is_some()
                && self.erased.contains(&position);
            if from == to && !erased {
                continue;
            }
            let hidden = self.is_hidden(field);
            let show = |row: Option<&[Cell]>| match row {
                Some(row) if !hidden => {
                    let shown = shown(self.shared, self.model, &[field], row)?;
                    Ok(shown.into_iter().next().unwrap_or_default())
                }
                _ => Ok::<Value, Problem>(Value::Null),
            };
            let (from, to) = (show(before)?, show(after)?);
            changes.push(FieldChange { field, from, to, hidden, erased });
        }
        Ok(changes)
    }

    /// Personal values are opened for those who may see the log itself.
    fn is_hidden(&self, field: usize) -> bool {
        let is_personal = |field: &crate::catalogue::Field| field.personal.is_some();
        self.model.field(field).is_some_and(is_personal) && !self.reading.may_audit()
    }
}
