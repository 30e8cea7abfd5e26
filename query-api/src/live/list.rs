//! The rows of a list that changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_graphql::Value;
use tokio_postgres::Row as SqlRow;

use super::Feed;
use crate::{
    catalogue::{Id, Model},
    problem::Problem,
    reading::{ReadFault, Reading},
    rows::{Batch, Row, Shared, opaque_id, values},
    sql::{self, Condition, Param},
    value,
};

/// How many positions of the log are looked at in one go.
const STEP: u64 = 2_000;

/// A list that is followed.
pub(crate) struct Changes {
    feed: Feed,
    shared: Arc<Shared>,
    model: usize,
    condition: Condition,
    fields: BTreeSet<usize>,
    /// The last position the client was told about; none: from now on.
    seen: Option<u64>,
}

/// What has changed since the last time.
pub(crate) struct Changed {
    /// Everything up to here has been told.
    pub(crate) position: u64,
    pub(crate) batch: Arc<Batch>,
    /// The rows that changed and that the client asked for.
    pub(crate) rows: Vec<usize>,
    /// The ids of rows that are gone, or not asked for (any more).
    pub(crate) removed: Vec<String>,
}

impl Changed {
    pub(crate) fn nodes(&self) -> impl Iterator<Item = Row> {
        self.rows.iter().map(|index| Row { batch: self.batch.clone(), index: *index })
    }
}

impl Changes {
    pub(crate) fn new(
        feed: Feed,
        shared: Arc<Shared>,
        model: usize,
        condition: Condition,
        fields: BTreeSet<usize>,
        after: Option<u64>,
    ) -> Self {
        Self { feed, shared, model, condition, fields, seen: after }
    }

    /// What has changed, as soon as something has.
    pub(crate) async fn next(&mut self) -> Result<Changed, Problem> {
        loop {
            let shared = self.shared.clone();
            let Some(model) = shared.model(self.model) else {
                return Err(Problem::internal(&"a live query of no model"));
            };
            let (reading, reached) = self.feed.look(&model.consumer).await?;
            let seen = *self.seen.get_or_insert(reached);
            if reached <= seen {
                reading.close();
                self.feed.beyond(&model.consumer, seen).await;
                continue;
            }
            let until = reached.min(seen.saturating_add(STEP));
            let read = self.read(model, &reading, seen, until).await;
            reading.close();
            let told = read?;
            self.seen = Some(until);
            if !told.rows.is_empty() || !told.removed.is_empty() {
                return Ok(told);
            }
        }
    }

    async fn read(
        &self,
        model: &Model,
        reading: &Reading,
        after: u64,
        until: u64,
    ) -> Result<Changed, Problem> {
        let mut fields = self.fields.clone();
        fields.extend(&model.key);
        let fields: Vec<usize> = fields.into_iter().collect();
        let changes = sql::Changes {
            fields: fields.clone(),
            condition: self.condition.clone(),
            after: i64::try_from(after).unwrap_or(i64::MAX),
            until: i64::try_from(until).unwrap_or(i64::MAX),
        };
        let statement = changes.statement(&self.shared.catalogue, model, reading.tenant());
        let rows = reading.rows("changes", &statement).await?;
        let fresh = self.feed.reading(&model.consumer);
        let batch = Batch::read(&self.shared, &fresh, model, &fields, &rows, 2)?;
        let gone = self.gone(model, reading, &batch, after, until).await?;
        let mut told =
            Changed { position: until, batch: Arc::new(batch), rows: vec![], removed: gone };
        for (index, row) in rows.iter().enumerate() {
            if row.try_get(1).map_err(ReadFault::from)? {
                told.rows.push(index);
            } else {
                told.removed.push(id(model, |field| told.batch.value(index, field)));
            }
        }
        Ok(told)
    }

    /// The ids of rows that are not there any more. A table forgets what it
    /// removes, the log does not: what its events touch and the table does not
    /// have is gone.
    async fn gone(
        &self,
        model: &Model,
        reading: &Reading,
        batch: &Batch,
        after: u64,
        until: u64,
    ) -> Result<Vec<String>, Problem> {
        let Some(entry) = self.shared.registry.read_model(model.name) else { return Ok(vec![]) };
        let mut touched = BTreeMap::new();
        for event in reading.log(entry.fold.sources(), after, until).await? {
            let event = event_store::decode(&self.shared.registry, event)
                .map_err(|error| Problem::internal(&error))?;
            for key in entry.fold.keys(&event) {
                let shown = self.shown_key(model, key);
                touched.insert(id(model, |field| shown.get(&field)), shown);
            }
        }
        for row in 0..batch.len() {
            touched.remove(&id(model, |field| batch.value(row, field)));
        }
        if touched.is_empty() {
            return Ok(vec![]);
        }
        // What is left may also have changed again, after this step.
        let statement = self.still_there(model, reading, &touched);
        for row in &reading.rows("changes", &statement).await? {
            let shown = self.key_of(model, row)?;
            touched.remove(&id(model, |field| shown.get(&field)));
        }
        Ok(touched.into_keys().collect())
    }

    fn shown_key(&self, model: &Model, key: Vec<domain::kernel::Cell>) -> BTreeMap<usize, Value> {
        let fields = model.key.iter().copied().zip(model.key_fields());
        fields
            .zip(key)
            .map(|((index, field), cell)| {
                (index, value::cell(cell, &field.kind, &self.shared.catalogue.enums))
            })
            .collect()
    }

    fn key_of(&self, model: &Model, row: &SqlRow) -> Result<BTreeMap<usize, Value>, ReadFault> {
        let shown = values(&self.shared, model, &model.key, row, 0)?;
        Ok(model.key.iter().copied().zip(shown).collect())
    }

    fn still_there(
        &self,
        model: &Model,
        reading: &Reading,
        touched: &BTreeMap<String, BTreeMap<usize, Value>>,
    ) -> sql::Statement {
        let enums = &self.shared.catalogue.enums;
        let column = |(index, field): (&usize, &crate::catalogue::Field)| {
            let param = |key: &BTreeMap<usize, Value>| {
                value::param(&field.kind, enums, key.get(index)?).ok()
            };
            Param::list(touched.values().filter_map(param).collect())
        };
        let columns = model.key.iter().zip(model.key_fields()).map(column).collect();
        sql::existing(&self.shared.catalogue, model, reading.tenant(), columns)
    }
}

/// The `id` of a row, from the values of its key.
fn id<'a>(model: &Model, value: impl Fn(usize) -> Option<&'a Value>) -> String {
    match (model.id, model.key.as_slice()) {
        (Id::Column, [key]) => match value(*key) {
            Some(Value::String(id)) => id.clone(),
            _ => opaque_id(model, value),
        },
        _ => opaque_id(model, value),
    }
}
