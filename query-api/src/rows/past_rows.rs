//! Lists and groups as they once were: all rows of a read model are folded,
//! and stand in the statement where the table stands otherwise. So whatever a
//! list can be asked, it can be asked of the past.

use std::sync::Arc;

use domain::kernel::{Cell, personal::Opened};
use event_store::keys::{Keys, Matcher};
use serde_json::{Map, Value};

use super::{
    Past, Shared,
    folding::{Folding, rows},
};
use crate::{
    catalogue::{Field, FieldKind, Model},
    problem::Problem,
    reading::{Instead, ReadFault, Reading},
};

/// The most rows that are folded for a list.
const ROWS: usize = 10_000;

/// The same view, in which a model's table is as it was.
///
/// # Errors
/// When it would take too many events or rows, or the database gives no
/// answer.
pub(crate) async fn as_of(
    shared: &Arc<Shared>,
    reading: &Arc<Reading>,
    model: &Model,
    past: Past,
) -> Result<Arc<Reading>, Problem> {
    let Some(folding) = Folding::of(shared, reading, model, past.0).await? else {
        return Err(Problem::internal(&"the past of no model"));
    };
    let work = folding.fold_all().await?;
    if work.held() > ROWS {
        let message = format!(
            "{} had more than {ROWS} rows then; have the tenant's past put into tables \
             (tenantry past start) and ask for it by the header As-Of",
            model.many
        );
        return Err(Problem::invalid(message).with("limit", ROWS));
    }
    let rows = rows(work.as_ref())?;
    let sealing = Sealing::of(reading, model, &rows).await?;
    let rows = rows.iter().map(|(cells, position)| sealing.row(model, cells, *position));
    let rows = Value::Array(rows.collect::<Result<_, Problem>>()?).to_string();
    let instead = Instead { table: reading.source().table(model), columns: columns(model), rows };
    Ok(reading.with(past, instead))
}

/// The columns of the table, each with its type.
fn columns(model: &Model) -> Vec<(String, &'static str)> {
    let own = model.fields.iter().flat_map(|field| {
        let sealed = field.personal.as_ref();
        let found_by = sealed.and_then(|personal| personal.found_by.clone());
        let kind = if sealed.is_some() { "bytea" } else { type_of(&field.kind) };
        std::iter::once((field.column.clone(), kind)).chain(found_by.map(|name| (name, "bytea")))
    });
    own.chain([("updated_position".to_owned(), "bigint")]).collect()
}

const fn type_of(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::Bool => "boolean",
        FieldKind::Int => "bigint",
        FieldKind::Text | FieldKind::Enum(_) => "text",
        FieldKind::Id { .. } => "uuid",
        FieldKind::Timestamp => "timestamptz",
        FieldKind::Date => "date",
        FieldKind::Decimal => "numeric",
        FieldKind::List(_) | FieldKind::Object(_) | FieldKind::Json => "jsonb",
    }
}

/// What personal values are sealed with: they stand in the statement as they
/// stand in the table.
struct Sealing {
    keys: Keys,
    matcher: Option<Matcher>,
}

impl Sealing {
    async fn of(
        reading: &Reading,
        model: &Model,
        rows: &[(Vec<Cell>, u64)],
    ) -> Result<Self, ReadFault> {
        if !model.is_personal() {
            return Ok(Self { keys: Keys::default(), matcher: None });
        }
        let cells = rows.iter().flat_map(|(cells, _)| cells);
        let subject = |cell: &Cell| match cell {
            Cell::Personal(Opened { subject, .. }) => *subject,
            _ => None,
        };
        let mut subjects: Vec<_> = cells.filter_map(subject).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let finder = reading.finder();
        let keys = finder.ring.keys(finder.tenant, &subjects).await?;
        Ok(Self { keys, matcher: finder.matcher().await? })
    }

    /// A row as PostgreSQL reads it, its values by the places of their columns.
    fn row(&self, model: &Model, cells: &[Cell], position: u64) -> Result<Value, Problem> {
        let mut row = Map::new();
        let mut put = |value: Value| row.insert(format!("c{}", row.len()), value);
        for (field, cell) in model.fields.iter().zip(cells) {
            for value in self.values(field, cell)? {
                put(value);
            }
        }
        put(position.into());
        Ok(Value::Object(row))
    }

    /// What stands in the columns of a field.
    fn values(&self, field: &Field, cell: &Cell) -> Result<Vec<Value>, Problem> {
        let Some(personal) = &field.personal else { return Ok(vec![plain(cell)]) };
        let sealed = match cell {
            Cell::Personal(opened) => self
                .keys
                .seal(personal.place.as_bytes(), opened)
                .map_err(|error| Problem::from(ReadFault::from(error)))?,
            _ => None,
        };
        let matcher = self.matcher.as_ref().filter(|_| sealed.is_some());
        let text = cell.text(&personal.kind);
        let found = matcher.zip(text).map(|(matcher, text)| matcher.of(&personal.place, &text));
        let mut values = vec![bytes(sealed)];
        if personal.found_by.is_some() {
            values.push(bytes(found));
        }
        Ok(values)
    }
}

fn plain(cell: &Cell) -> Value {
    match cell {
        Cell::Null | Cell::Personal(_) => Value::Null,
        Cell::Bool(value) => (*value).into(),
        Cell::Int(value) => (*value).into(),
        Cell::Text(text) => text.as_str().into(),
        Cell::Id(id) => event_store::pg::uuid(*id).to_string().into(),
        Cell::Timestamp(time) => time.to_string().into(),
        Cell::Date(date) => date.to_string().into(),
        Cell::Json(value) => value.clone(),
        Cell::JsonText(text) => serde_json::from_str(text).unwrap_or_default(),
    }
}

/// Bytes as PostgreSQL reads them from a text.
fn bytes(bytes: Option<Vec<u8>>) -> Value {
    use std::fmt::Write;
    bytes.map_or(Value::Null, |bytes| {
        let mut text = String::with_capacity(2 + 2 * bytes.len());
        text.push_str("\\x");
        for byte in bytes {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.into()
    })
}
