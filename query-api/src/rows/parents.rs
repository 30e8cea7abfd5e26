//! The rows that other rows point to.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use async_graphql::{Pos, Value};

use super::{Batch, Past, Row, Shared, batch::values, past};
use crate::{
    catalogue::{Model, Parent},
    personal::Opener,
    problem::Problem,
    reading::{ReadFault, Reading},
    sql::{self, Param},
    value,
};

/// Rows by when they were so, unless that is now, and their ids.
pub(crate) struct Parents {
    batch: Arc<Batch>,
    places: HashMap<(Option<Past>, String), usize>,
}

impl Parents {
    pub(crate) fn row(&self, past: Option<Past>, id: &Value) -> Option<Row> {
        let Value::String(id) = id else { return None };
        let index = *self.places.get(&(past, id.clone()))?;
        Some(Row { batch: self.batch.clone(), index })
    }
}

/// The row that a row points to; read for all rows of its batch at once.
///
/// # Errors
/// When the database gives no answer.
pub(crate) async fn parent_of(
    row: &Row,
    parent: &Parent,
    asked_at: Pos,
    fields: BTreeSet<usize>,
) -> Result<Option<Row>, Problem> {
    let Batch { shared, reading, .. } = &*row.batch;
    let (Some(id), Some(to)) = (row.value(parent.by), shared.model(parent.to)) else {
        return Ok(None);
    };
    let of = |other| Some((row.batch.past(other), row.batch.value(other, parent.by)?));
    let read = read_parents(shared, reading, to, (0..row.batch.len()).filter_map(of), &fields);
    let parents = row.batch.related.parents(asked_at, read).await?;
    Ok(parents.row(row.batch.past(row.index), id))
}

/// Reads the rows of ids, as they once were if that is said of the ids, else
/// as they are.
///
/// # Errors
/// When the database gives no answer, or it would take too many events.
pub(crate) async fn read_parents<'a>(
    shared: &Arc<Shared>,
    reading: &Arc<Reading>,
    model: &Model,
    ids: impl Iterator<Item = (Option<Past>, &'a Value)>,
    fields: &BTreeSet<usize>,
) -> Result<Parents, Problem> {
    let ids: Vec<_> = ids.collect();
    if ids.iter().any(|(past, _)| past.is_some()) {
        let ids = ids.into_iter().filter_map(|(past, id)| Some((past?, id)));
        // Folding takes much room, which others need not give.
        return Box::pin(past::parents(shared, reading, model, ids, fields)).await;
    }
    let key = model.key.first().copied().unwrap_or_default();
    let ids = ids.into_iter().map(|(_, id)| id);
    read_pointing(shared, reading, model, key, ids, fields).await
}

/// Reads the rows in one of whose fields one of these ids stands.
///
/// # Errors
/// When the database gives no answer.
pub(super) async fn read_pointing<'a>(
    shared: &Arc<Shared>,
    reading: &Arc<Reading>,
    model: &Model,
    by: usize,
    ids: impl Iterator<Item = &'a Value>,
    fields: &BTreeSet<usize>,
) -> Result<Parents, Problem> {
    let fields: Vec<usize> = fields.iter().copied().collect();
    let catalogue = &shared.catalogue;
    let ids = distinct(shared, model, by, ids);
    let statement = sql::by_keys(catalogue, model, reading.source(), &fields, by, ids);
    let rows = reading.rows("parents", &statement).await?;
    let opener = Opener::of(reading.finder(), model, &fields, &rows, 1).await?;
    let mut places = HashMap::with_capacity(rows.len());
    let mut read = Vec::with_capacity(rows.len());
    for (place, row) in rows.iter().enumerate() {
        let id = values(shared, model, &[by], (row, 0), &opener)?;
        if let Some(Value::String(id)) = id.into_iter().next() {
            places.insert((None, id), place);
        }
        read.push(values(shared, model, &fields, (row, 1), &opener)?);
    }
    let batch = Arc::new(Batch::new(shared, reading, model, &fields, read));
    Ok(Parents { batch, places })
}

impl Parents {
    /// Rows of the past, each with when that is, and its id.
    pub(super) fn of_past(
        shared: &Arc<Shared>,
        reading: &Arc<Reading>,
        model: &Model,
        fields: &[usize],
        rows: Vec<(Past, String, Vec<Value>)>,
    ) -> Self {
        let mut places = HashMap::with_capacity(rows.len());
        let (mut pasts, mut read) = (vec![], vec![]);
        for (place, (past, id, values)) in rows.into_iter().enumerate() {
            places.insert((Some(past), id), place);
            pasts.push(past);
            read.push(values);
        }
        let batch = Batch::new(shared, reading, model, fields, read).at(pasts);
        Self { batch: Arc::new(batch), places }
    }
}

/// Ids as a list without repetitions.
fn distinct<'a>(
    shared: &Shared,
    model: &Model,
    field: usize,
    ids: impl Iterator<Item = &'a Value>,
) -> Param {
    let Some(field) = model.field(field) else { return Param::Ids(vec![]) };
    let mut seen = BTreeSet::new();
    let mut list = vec![];
    for id in ids {
        if let Ok(Param::Id(id)) = value::param(&field.kind, &shared.catalogue.enums, id)
            && seen.insert(id)
        {
            list.push(id);
        }
    }
    Param::Ids(list)
}

impl From<ReadFault> for async_graphql::Error {
    fn from(fault: ReadFault) -> Self {
        Problem::from(fault).into()
    }
}
