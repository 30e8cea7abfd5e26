//! The rows that other rows point to.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use async_graphql::{Pos, Value};
use uuid::Uuid;

use super::{Batch, Past, Row, Shared, batch::values, past};
use crate::{
    catalogue::{Model, Parent},
    personal::Opener,
    problem::Problem,
    reading::{ReadFault, Reading},
    sql::{self, Param},
    value,
};

/// Rows by their ids.
pub(crate) struct Parents {
    batch: Arc<Batch>,
    by_id: HashMap<String, usize>,
}

impl Parents {
    pub(crate) fn row(&self, id: &Value) -> Option<Row> {
        let Value::String(id) = id else { return None };
        Some(Row { batch: self.batch.clone(), index: *self.by_id.get(id)? })
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
    let Batch { shared, reading, past, .. } = &*row.batch;
    let (Some(id), Some(to)) = (row.value(parent.by), shared.model(parent.to)) else {
        return Ok(None);
    };
    let all = (0..row.batch.len()).filter_map(|other| row.batch.value(other, parent.by));
    let read = read_parents(shared, reading, to, *past, all, &fields);
    Ok(row.batch.related.parents(asked_at, read).await?.row(id))
}

/// Reads the rows of these ids, as they are or as they once were.
///
/// # Errors
/// When the database gives no answer, or it would take too many events.
pub(crate) async fn read_parents<'a>(
    shared: &Arc<Shared>,
    reading: &Arc<Reading>,
    model: &Model,
    past: Option<Past>,
    ids: impl Iterator<Item = &'a Value>,
    fields: &BTreeSet<usize>,
) -> Result<Parents, Problem> {
    let key = model.key.first().copied().unwrap_or_default();
    match past {
        Some(past) => {
            let ids = distinct(shared, model, key, ids);
            // Folding takes much room, which others need not give.
            Box::pin(past::parents(shared, reading, model, past, &ids, fields)).await
        }
        None => read_pointing(shared, reading, model, key, ids, fields).await,
    }
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
    let ids = Param::Ids(distinct(shared, model, by, ids));
    let statement = sql::by_keys(catalogue, model, reading.source(), &fields, by, ids);
    let rows = reading.rows("parents", &statement).await?;
    let opener = Opener::of(reading.finder(), model, &fields, &rows, 1).await?;
    let mut by_id = HashMap::with_capacity(rows.len());
    let mut read = Vec::with_capacity(rows.len());
    for (place, row) in rows.iter().enumerate() {
        let id = values(shared, model, &[by], (row, 0), &opener)?;
        if let Some(Value::String(id)) = id.into_iter().next() {
            by_id.insert(id, place);
        }
        read.push(values(shared, model, &fields, (row, 1), &opener)?);
    }
    let batch = Arc::new(Batch::new(shared, reading, model, &fields, read));
    Ok(Parents { batch, by_id })
}

impl Parents {
    /// Rows of the past, each with its id.
    pub(super) fn of_past(
        shared: &Arc<Shared>,
        reading: &Arc<Reading>,
        model: &Model,
        fields: &[usize],
        past: Past,
        rows: Vec<(String, Vec<Value>)>,
    ) -> Self {
        let by_id = rows.iter().enumerate().map(|(place, (id, _))| (id.clone(), place)).collect();
        let rows = rows.into_iter().map(|(_, values)| values).collect();
        let batch = Batch::new(shared, reading, model, fields, rows).of(past);
        Self { batch: Arc::new(batch), by_id }
    }
}

/// Ids without repetitions.
fn distinct<'a>(
    shared: &Shared,
    model: &Model,
    field: usize,
    ids: impl Iterator<Item = &'a Value>,
) -> Vec<Uuid> {
    let Some(field) = model.field(field) else { return vec![] };
    let mut seen = BTreeSet::new();
    let mut list = vec![];
    for id in ids {
        if let Ok(Param::Id(id)) = value::param(&field.kind, &shared.catalogue.enums, id)
            && seen.insert(id)
        {
            list.push(id);
        }
    }
    list
}

impl From<ReadFault> for async_graphql::Error {
    fn from(fault: ReadFault) -> Self {
        Problem::from(fault).into()
    }
}
