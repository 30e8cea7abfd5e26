//! Rows as they once were: folded on demand from the log.

use std::{collections::BTreeSet, sync::Arc};

use async_graphql::Value;
use domain::kernel::Cell;
use ulid::Ulid;

use super::{Batch, Parents, Row, Shared, folding::Folding};
use crate::{
    arguments::Moment,
    catalogue::{FieldKind, Model},
    problem::Problem,
    reading::Reading,
    sql::Param,
    value,
};

/// A position in the tenant's log that was there when it was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    let batch = Batch::new(shared, reading, model, &fields, rows).at(vec![past]);
    Ok(Some(Row { batch: Arc::new(batch), index: 0 }))
}

/// Reads rows as they were, by their ids.
pub(super) async fn parents<'a>(
    shared: &Arc<Shared>,
    reading: &Arc<Reading>,
    model: &Model,
    wanted: impl Iterator<Item = (Past, &'a Value)>,
    fields: &BTreeSet<usize>,
) -> Result<Parents, Problem> {
    let fields: Vec<usize> = fields.iter().copied().collect();
    let Some(FieldKind::Id { prefix, .. }) = model.key_fields().next().map(|field| &field.kind)
    else {
        return Ok(Parents::of_past(shared, reading, model, &fields, vec![]));
    };
    let wanted: BTreeSet<(Past, Ulid)> =
        wanted.filter_map(|(past, id)| Some((past, value::id(id, prefix).ok()?))).collect();
    let until = wanted.last().map_or(0, |(past, _)| past.0);
    let found = match Folding::of(shared, reading, model, until).await? {
        Some(folding) => folding.fold_each(wanted).await?,
        None => vec![],
    };
    let mut rows = Vec::with_capacity(found.len());
    for (past, id, cells) in found {
        rows.push((past, value::id_text(id, prefix), shown(shared, model, &fields, &cells)?));
    }
    Ok(Parents::of_past(shared, reading, model, &fields, rows))
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
