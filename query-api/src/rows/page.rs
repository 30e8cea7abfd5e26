//! Pages of lists.

use std::sync::Arc;

use async_graphql::Value;
use tokio_postgres::Row as SqlRow;

use super::{Batch, ConnectionNeeds, Row, Shared, batch::values};
use crate::{
    arguments::Window,
    catalogue::Model,
    cursor::Cursors,
    personal::Opener,
    problem::Problem,
    reading::{ReadFault, Reading},
    sql::{Condition, List, Page},
};

/// A page of a list.
pub(crate) struct Connection {
    pub(crate) batch: Arc<Batch>,
    /// Which rows of the batch are on the page, in their order.
    pub(crate) rows: Vec<usize>,
    pub(crate) has_next: bool,
    pub(crate) has_previous: bool,
    /// How many rows the whole list has, if that was asked for.
    pub(crate) total: Option<i64>,
    pub(crate) cursors: Arc<Cursors>,
}

/// A row on a page.
pub(crate) struct Edge {
    pub(crate) row: Row,
    pub(crate) cursors: Arc<Cursors>,
}

impl Connection {
    pub(crate) fn nodes(&self) -> impl DoubleEndedIterator<Item = Row> {
        self.rows.iter().map(|index| Row { batch: self.batch.clone(), index: *index })
    }
}

impl Edge {
    pub(crate) fn cursor(&self) -> String {
        self.cursors.write(|field| self.row.value(field))
    }
}

/// Reads a page of a list.
///
/// # Errors
/// When the database gives no answer.
pub(crate) async fn read_page(
    shared: &Arc<Shared>,
    reading: &Arc<Reading>,
    model: &Model,
    condition: Condition,
    cursors: Cursors,
    window: Window,
    needs: &ConnectionNeeds,
) -> Result<Connection, Problem> {
    let fields = needs.columns(cursors.sorts(), needs.total);
    let list = List {
        fields: fields.clone(),
        condition,
        sorts: cursors.sorts().to_vec(),
        page: needs.rows.then(|| window.page.clone()),
        total: needs.total || !needs.rows,
    };
    let total = list.total;
    let statement = list.statement(&shared.catalogue, model, reading.source());
    let rows = reading.rows("list", &statement).await?;
    let counted = if total { rows.first().map(|row| row.try_get(0)) } else { None };
    let counted = counted.transpose().map_err(ReadFault::from)?;
    let read = if needs.rows {
        let opener =
            Opener::of(reading.finder(), model, &fields, &rows, usize::from(total)).await?;
        rows_of_page(shared, model, &fields, (&rows, total), &opener)?
    } else {
        vec![]
    };
    let batch = Arc::new(Batch::new(shared, reading, model, &fields, read));
    let all = (0..batch.len()).collect();
    Ok(connection(batch, all, &window, counted, Arc::new(cursors)))
}

/// The values of the rows, leaving out the one that only holds the total.
fn rows_of_page(
    shared: &Shared,
    model: &Model,
    fields: &[usize],
    (rows, total): (&[SqlRow], bool),
    opener: &Opener,
) -> Result<Vec<Vec<Value>>, ReadFault> {
    let key = model.key.first().and_then(|key| fields.iter().position(|field| field == key));
    let from = usize::from(total);
    let mut read = Vec::with_capacity(rows.len());
    for row in rows {
        let values = values(shared, model, fields, (row, from), opener)?;
        let is_there =
            !total || key.and_then(|key| values.get(key)).is_none_or(|key| *key != Value::Null);
        if is_there {
            read.push(values);
        }
    }
    Ok(read)
}

/// Cuts off the row that only tells that there are more, and turns around what
/// was read backward.
pub(super) fn connection(
    batch: Arc<Batch>,
    mut rows: Vec<usize>,
    window: &Window,
    total: Option<i64>,
    cursors: Arc<Cursors>,
) -> Connection {
    let Page { size, backward, .. } = window.page;
    let more = rows.len() > size;
    rows.truncate(size);
    let (has_next, has_previous) =
        if backward { (window.continued, more) } else { (more, window.continued) };
    if backward {
        rows.reverse();
    }
    Connection { batch, rows, has_next, has_previous, total, cursors }
}
