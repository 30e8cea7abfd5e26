//! The rows that point to other rows.

use std::{collections::BTreeSet, sync::Arc};

use async_graphql::{Pos, Value};
use tokio_postgres::Row as SqlRow;

use super::{
    Batch, Connection, ConnectionNeeds, Row, Shared, batch::values, page::connection,
    parents::read_pointing,
};
use crate::{
    arguments::Window,
    catalogue::{Child, Model},
    cursor::Cursors,
    personal::Opener,
    problem::Problem,
    reading::ReadFault,
    sql::{Children, Condition, List, Param},
    value,
};

/// The page of rows that point to a row; read for all rows of its batch at
/// once.
///
/// # Errors
/// When the database gives no answer.
pub(crate) async fn children_of(
    row: &Row,
    child: &Child,
    asked_at: Pos,
    condition: Condition,
    cursors: Cursors,
    window: Window,
    needs: &ConnectionNeeds,
) -> Result<Option<Arc<Connection>>, Problem> {
    not_of_the_past(row, child)?;
    let read = async {
        let (Some(model), Some(here)) = (row.batch.shared.model(child.from), row.model()) else {
            return Ok(vec![]);
        };
        let read = Reading { batch: &row.batch, model, cursors: Arc::new(cursors), window, needs };
        read.children(here, child, condition).await
    };
    Ok(row.batch.related.children(asked_at, read).await?.get(row.index).cloned())
}

/// The one row that can point to a row; read for all rows of its batch at once.
///
/// # Errors
/// When the database gives no answer.
pub(crate) async fn only_child_of(
    row: &Row,
    child: &Child,
    asked_at: Pos,
    fields: BTreeSet<usize>,
) -> Result<Option<Row>, Problem> {
    not_of_the_past(row, child)?;
    let Batch { shared, reading, .. } = &*row.batch;
    let (Some(model), Some(key)) = (shared.model(child.from), key(row)) else { return Ok(None) };
    let Some(id) = row.value(key) else { return Ok(None) };
    let all = (0..row.batch.len()).filter_map(|other| row.batch.value(other, key));
    let read = read_pointing(shared, reading, model, child.by, all, &fields);
    Ok(row.batch.related.parents(asked_at, read).await?.row(None, id))
}

fn key(row: &Row) -> Option<usize> {
    row.model()?.key.first().copied()
}

fn not_of_the_past(row: &Row, child: &Child) -> Result<(), Problem> {
    if row.batch.past(row.index).is_none() {
        return Ok(());
    }
    Err(Problem::invalid(format!(
        "{}: what pointed to a row in the past is not known; leave it out together with asOf",
        child.name
    )))
}

struct Reading<'a> {
    batch: &'a Arc<Batch>,
    model: &'a Model,
    cursors: Arc<Cursors>,
    window: Window,
    needs: &'a ConnectionNeeds,
}

impl Reading<'_> {
    async fn children(
        self,
        here: &Model,
        child: &Child,
        condition: Condition,
    ) -> Result<Vec<Arc<Connection>>, Problem> {
        let Batch { shared, reading, .. } = &**self.batch;
        let fields = self.needs.columns(self.cursors.sorts(), true);
        let list = List {
            fields: fields.clone(),
            condition,
            sorts: self.cursors.sorts().to_vec(),
            page: self.needs.rows.then(|| self.window.page.clone()),
            total: self.needs.total || !self.needs.rows,
        };
        let children = Children { by: child.by, ids: self.ids(shared, here), list };
        let total = children.list.total;
        let statement = children.statement(&shared.catalogue, self.model, reading.source());
        let rows = reading.rows("children", &statement).await?;
        let from = 1 + usize::from(total);
        let opener = if self.needs.rows {
            Opener::of(reading.finder(), self.model, &fields, &rows, from).await?
        } else {
            Opener::default()
        };
        Ok(self.divide(shared, &fields, (&rows, total), &opener)?)
    }

    /// The ids of the batch's rows, one for each of them.
    fn ids(&self, shared: &Shared, here: &Model) -> Param {
        let key = here.key.first().copied().unwrap_or_default();
        let kind = here.field(key).map(|field| &field.kind);
        let id = |row| {
            let param = value::param(kind?, &shared.catalogue.enums, self.batch.value(row, key)?);
            if let Ok(Param::Id(id)) = param { Some(id) } else { None }
        };
        Param::Ids((0..self.batch.len()).map(|row| id(row).unwrap_or_default()).collect())
    }

    /// Gives each row of the batch its own.
    fn divide(
        &self,
        shared: &Arc<Shared>,
        fields: &[usize],
        (rows, total): (&[SqlRow], bool),
        opener: &Opener,
    ) -> Result<Vec<Arc<Connection>>, ReadFault> {
        let key = self.model.key.first();
        let key = key.and_then(|key| fields.iter().position(|field| field == key));
        let mut read = vec![];
        let mut pages: Vec<(Vec<usize>, Option<i64>)> = vec![(vec![], None); self.batch.len()];
        for row in rows {
            let place: i64 = row.try_get(0)?;
            let place = usize::try_from(place - 1).unwrap_or(usize::MAX);
            let Some((page, count)) = pages.get_mut(place) else { continue };
            if total {
                *count = Some(row.try_get(1)?);
            }
            if !self.needs.rows {
                continue;
            }
            let from = 1 + usize::from(total);
            let values = values(shared, self.model, fields, (row, from), opener)?;
            if key.and_then(|key| values.get(key)).is_some_and(|key| *key != Value::Null) {
                page.push(read.len());
                read.push(values);
            }
        }
        let reading = &self.batch.reading;
        let batch = Arc::new(Batch::new(shared, reading, self.model, fields, read));
        let connect = |(rows, total)| {
            let cursors = self.cursors.clone();
            Arc::new(connection(batch.clone(), rows, &self.window, total, cursors))
        };
        Ok(pages.into_iter().map(connect).collect())
    }
}
