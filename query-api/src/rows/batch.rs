//! The rows of one statement.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{Pos, Value};
use tokio::sync::OnceCell;
use tokio_postgres::Row as SqlRow;

use super::{Connection, Parents, Past, Shared};
use crate::{
    catalogue::{Field, Id, Model},
    personal::Opener,
    problem::Problem,
    reading::{ReadFault, Reading},
    value,
};

/// The rows of one statement.
pub(crate) struct Batch {
    pub(crate) shared: Arc<Shared>,
    pub(crate) reading: Arc<Reading>,
    /// The model, by its place in the catalogue.
    pub(crate) model: usize,
    /// When each of the rows was as it is; nothing where that is now.
    pasts: Vec<Past>,
    /// Where in a row the value of each field is.
    places: Vec<Option<usize>>,
    rows: Vec<Vec<Value>>,
    pub(crate) related: Related,
}

/// One of the rows.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) batch: Arc<Batch>,
    pub(crate) index: usize,
}

/// Further rows that were read for all rows of a batch, by the place in the
/// query of the field that asked for them.
#[derive(Default)]
pub(crate) struct Related {
    parents: Mutex<HashMap<Pos, Cell<Parents>>>,
    children: Mutex<HashMap<Pos, Cell<Vec<Arc<Connection>>>>>,
}

type Cell<T> = Arc<OnceCell<Result<Arc<T>, Problem>>>;

impl Related {
    /// The rows pointed to, read if nobody has.
    pub(crate) async fn parents(
        &self,
        asked_at: Pos,
        read: impl Future<Output = Result<Parents, Problem>>,
    ) -> Result<Arc<Parents>, Problem> {
        once(&self.parents, asked_at, read).await
    }

    /// The rows that point here, read if nobody has.
    pub(crate) async fn children(
        &self,
        asked_at: Pos,
        read: impl Future<Output = Result<Vec<Arc<Connection>>, Problem>>,
    ) -> Result<Arc<Vec<Arc<Connection>>>, Problem> {
        once(&self.children, asked_at, read).await
    }
}

async fn once<T>(
    cells: &Mutex<HashMap<Pos, Cell<T>>>,
    asked_at: Pos,
    read: impl Future<Output = Result<T, Problem>>,
) -> Result<Arc<T>, Problem> {
    let cell = {
        let mut cells = cells.lock().unwrap_or_else(PoisonError::into_inner);
        cells.entry(asked_at).or_default().clone()
    };
    cell.get_or_init(|| async { read.await.map(Arc::new) }).await.clone()
}

impl Batch {
    /// Rows whose values stand in the order of these fields.
    pub(crate) fn new(
        shared: &Arc<Shared>,
        reading: &Arc<Reading>,
        model: &Model,
        fields: &[usize],
        rows: Vec<Vec<Value>>,
    ) -> Self {
        let place = |field| fields.iter().position(|read| *read == field);
        Self {
            shared: shared.clone(),
            reading: reading.clone(),
            model: model.index,
            pasts: reading.past().map_or_else(Vec::new, |past| vec![past; rows.len()]),
            places: (0..model.fields.len()).map(place).collect(),
            rows,
            related: Related::default(),
        }
    }

    /// Rows as a statement answered them, their fields from a column on.
    pub(crate) async fn read(
        shared: &Arc<Shared>,
        reading: &Arc<Reading>,
        model: &Model,
        fields: &[usize],
        rows: &[SqlRow],
        from: usize,
    ) -> Result<Self, ReadFault> {
        let opener = Opener::of(reading.finder(), model, fields, rows, from).await?;
        let values = |row| values(shared, model, fields, (row, from), &opener);
        let rows: Result<_, ReadFault> = rows.iter().map(values).collect();
        Ok(Self::new(shared, reading, model, fields, rows?))
    }

    /// The same rows, each as it once was.
    pub(super) fn at(self, pasts: Vec<Past>) -> Self {
        Self { pasts, ..self }
    }

    /// When a row was as it is, unless that is now.
    pub(crate) fn past(&self, row: usize) -> Option<Past> {
        self.pasts.get(row).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The value of a field of one of the rows, if it was read.
    pub(crate) fn value(&self, row: usize, field: usize) -> Option<&Value> {
        self.rows.get(row)?.get((*self.places.get(field)?)?)
    }
}

impl Row {
    pub(crate) fn model(&self) -> Option<&Model> {
        self.batch.shared.model(self.batch.model)
    }

    /// The value of a field, if it was read and there is one.
    pub(crate) fn value(&self, field: usize) -> Option<&Value> {
        self.batch.value(self.index, field).filter(|value| **value != Value::Null)
    }

    /// The field `id`: a column, or all of the key made opaque.
    pub(crate) fn id(&self) -> Option<String> {
        let model = self.model()?;
        match model.id {
            Id::Column => match self.value(model.position("id")?)? {
                Value::String(id) => Some(id.clone()),
                other => Some(other.to_string()),
            },
            Id::OfKey => Some(opaque_id(model, |field| self.batch.value(self.index, field))),
        }
    }
}

/// An id made of the values of a key, unlike that of any other model's row.
pub(crate) fn opaque_id<'a>(model: &Model, value: impl Fn(usize) -> Option<&'a Value>) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let key = model.key.iter().map(|field| value(*field).cloned().unwrap_or_default());
    let key = key.map(|value| value.into_json().unwrap_or_default());
    let parts = std::iter::once(model.one.as_str().into()).chain(key).collect();
    URL_SAFE_NO_PAD.encode(serde_json::Value::Array(parts).to_string())
}

/// Reads the values of these fields out of a row, from a column on.
pub(crate) fn values(
    shared: &Shared,
    model: &Model,
    fields: &[usize],
    (row, from): (&SqlRow, usize),
    opener: &Opener,
) -> Result<Vec<Value>, ReadFault> {
    let enums = &shared.catalogue.enums;
    let columns = fields.iter().filter_map(|field| model.field(*field));
    let value = |(field, at): (&Field, usize)| {
        let Some(personal) = &field.personal else {
            return Ok(value::column(row, at, &field.kind, enums)?);
        };
        let Some(sealed) = row.try_get::<_, Option<&[u8]>>(at)? else { return Ok(Value::Null) };
        Ok(value::cell(opener.open(personal, sealed)?, &field.kind, enums))
    };
    columns.zip(from..).map(value).collect()
}
