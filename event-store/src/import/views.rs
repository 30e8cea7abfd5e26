//! Old views beside ours: what postgres-es had made of the events, and what
//! the read models make of them.

use std::collections::{BTreeMap, BTreeSet};

use domain::kernel::{Cell, Column, ColumnKind, ReadModelEntry, Registry};
use serde_json::Value;
use tokio_postgres::Client;
use ulid::Ulid;

use super::{ImportError, ids};
use crate::{
    ReadError, decode,
    history::{Stretch, Within},
    keys::KeyRing,
    pg::ulid,
};

/// Events that are read at once.
const PAGE: u64 = 5_000;

/// What a comparison came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewReport {
    /// Rows that both have.
    pub rows: u64,
    /// What differs.
    pub differences: Vec<ViewDifference>,
    /// Columns of the read model that no old row has, and fields of old rows
    /// that are no columns: not compared.
    pub apart: BTreeSet<String>,
}

/// One field, or a whole row, that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewDifference {
    /// The id of the old row, or the key of ours.
    pub id: String,
    /// The field; nothing when a row is on one side only.
    pub field: Option<String>,
    /// What the old view holds.
    pub old: Option<Value>,
    /// What the read model holds.
    pub new: Option<Value>,
}

impl std::fmt::Display for ViewDifference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let told = |value: &Option<Value>| {
            value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string)
        };
        match &self.field {
            Some(field) => {
                write!(f, "{} {field}: was {}, is {}", self.id, told(&self.old), told(&self.new))
            }
            None if self.old.is_some() => write!(f, "{}: is in the old view alone", self.id),
            None => write!(f, "{}: is in the read model alone", self.id),
        }
    }
}

/// Compares a view of the source with what a read model makes of all that was
/// imported, row by row and field by field.
///
/// Fields are compared where both have them, a column `due_on` with a field
/// `due_on` or `dueOn`. What was imported is read with the keys of personal
/// data, through the history beside them.
///
/// # Errors
/// When there is no such view or read model, its rows are not those of one
/// aggregate each, or the events cannot be folded.
pub async fn compare_view(
    source: &Client,
    (target, keys): (&Client, &KeyRing),
    registry: &Registry,
    view: &str,
    read_model: &str,
) -> Result<ViewReport, ImportError> {
    let entry = registry
        .read_models()
        .iter()
        .find(|entry| entry.name == read_model)
        .ok_or_else(|| ImportError::Rules(format!("there is no read model {read_model}")))?;
    let [key] = entry.key else {
        return Err(ImportError::Rules(format!(
            "rows of {read_model} have the key {}; only those with one column can be compared",
            entry.key.join(", ")
        )));
    };
    let old = old_rows(source, view).await?;
    let names = Names::of(target).await?;
    let mut new = BTreeMap::new();
    for tenant in imported_tenants(target).await? {
        for cells in fold((target, keys), registry, entry, tenant).await? {
            let id = entry.table.position(key).and_then(|place| cells.get(place));
            new.insert(id.map(text).unwrap_or_default(), cells);
        }
    }
    Ok(compare(&entry.table.columns, &old, new, &names))
}

/// What ids of the source are called here.
struct Names(BTreeMap<String, Vec<Ulid>>);

impl Names {
    async fn of(target: &Client) -> Result<Self, ImportError> {
        let sql = "SELECT source_id, stream_id FROM log.imported_streams";
        let mut names: BTreeMap<String, Vec<Ulid>> = BTreeMap::new();
        for row in target.query(sql, &[]).await.map_err(ImportError::Target)? {
            names.entry(row.get(0)).or_default().push(ulid(row.get(1)));
        }
        Ok(Self(names))
    }

    /// What an id of the source may stand for here.
    fn meanings(&self, id: &str) -> Vec<Ulid> {
        let imported = self.0.get(id).into_iter().flatten().copied();
        imported.chain(ids::shaped(id)).collect()
    }
}

async fn old_rows(source: &Client, view: &str) -> Result<BTreeMap<String, Value>, ImportError> {
    let sql = "SELECT to_regclass($1)::text";
    let found: Option<String> =
        source.query_one(sql, &[&view]).await.map_err(ImportError::Source)?.get(0);
    let view = found.ok_or_else(|| ImportError::Rules(format!("the source has no view {view}")))?;
    let sql = format!("SELECT view_id, payload::text FROM {view}");
    let rows = source.query(&sql, &[]).await.map_err(ImportError::Source)?;
    rows.iter()
        .map(|row| {
            let payload = serde_json::from_str(row.get(1))
                .map_err(|error| ImportError::Rules(format!("{view}: {error}")))?;
            Ok((row.get(0), payload))
        })
        .collect()
}

async fn imported_tenants(target: &Client) -> Result<Vec<Ulid>, ImportError> {
    let sql = "SELECT tenant_id FROM log.imported_histories ORDER BY tenant_id";
    let rows = target.query(sql, &[]).await.map_err(ImportError::Target)?;
    Ok(rows.iter().map(|row| ulid(row.get(0))).collect())
}

/// The rows that a tenant's log comes to.
async fn fold(
    (target, keys): (&Client, &KeyRing),
    registry: &Registry,
    entry: &ReadModelEntry,
    tenant: Ulid,
) -> Result<Vec<Vec<Cell>>, ImportError> {
    let failed = |error: String| ImportError::Unequal(format!("{}: {error}", entry.name));
    let unread = |error: ReadError| failed(error.to_string());
    let sources = entry.fold.sources();
    let mut work = entry.fold.work();
    let mut after = 0;
    loop {
        let stretch = Stretch { tenant, after, until: u64::MAX, types: None, limit: PAGE };
        let events = keys.history().stretch(&Within(target), stretch).await.map_err(unread)?;
        let mut wanted = vec![];
        for event in &events {
            after = event.position().map_err(unread)?;
            if sources.contains(&event.stream_type().map_err(unread)?) {
                wanted.push(event.stored().map_err(unread)?);
            }
        }
        keys.open_events(tenant, &mut wanted).await?;
        for stored in wanted {
            let event = decode(registry, stored).map_err(|error| failed(error.to_string()))?;
            work.apply(&event).map_err(|error| failed(error.to_string()))?;
        }
        if events.is_empty() {
            break;
        }
    }
    let rows = work.rows().map_err(|error| failed(error.to_string()))?;
    Ok(rows.into_iter().map(|(cells, _)| cells).collect())
}

fn compare(
    columns: &[Column],
    old: &BTreeMap<String, Value>,
    mut new: BTreeMap<String, Vec<Cell>>,
    names: &Names,
) -> ViewReport {
    let mut report = ViewReport::default();
    let mut known = BTreeSet::new();
    for (id, row) in old {
        let meanings = names.meanings(id).into_iter().map(|id| id.to_string());
        let ours = meanings.chain([id.clone()]).find_map(|key| new.remove(&key));
        let Some(cells) = ours else {
            report.differences.push(ViewDifference {
                id: id.clone(),
                field: None,
                old: Some(row.clone()),
                new: None,
            });
            continue;
        };
        report.rows += 1;
        let mut fields: BTreeSet<&String> =
            row.as_object().into_iter().flatten().map(|(name, _)| name).collect();
        for (column, cell) in columns.iter().zip(&cells) {
            let names_of = [column.name.clone(), camel_case(&column.name)];
            let Some((name, value)) = names_of.iter().find_map(|name| Some((name, row.get(name)?)))
            else {
                report.apart.insert(column.name.clone());
                continue;
            };
            fields.remove(name);
            known.insert(column.name.clone());
            if !same(value, cell, &column.kind, names) {
                report.differences.push(ViewDifference {
                    id: id.clone(),
                    field: Some(name.clone()),
                    old: Some(value.clone()),
                    new: Some(cell.to_json(&column.kind)),
                });
            }
        }
        report.apart.extend(fields.into_iter().cloned());
    }
    report.apart.retain(|name| !known.contains(name));
    for (id, cells) in new {
        let row = cells.iter().zip(columns).map(|(cell, column)| cell.to_json(&column.kind));
        let new = Some(Value::Array(row.collect()));
        report.differences.push(ViewDifference { id, field: None, old: None, new });
    }
    report
}

/// Whether a field of an old view says what a cell says.
fn same(old: &Value, cell: &Cell, kind: &ColumnKind, names: &Names) -> bool {
    let new = cell.to_json(kind);
    if *old == new {
        return true;
    }
    match (old, cell) {
        (Value::String(old), Cell::Id(id)) => names.meanings(old).contains(id),
        (Value::String(old), Cell::Timestamp(time)) => old.parse().is_ok_and(|old| *time == old),
        (Value::Number(old), Cell::Int(new)) => {
            old.as_f64().is_some_and(|old| old.to_string() == new.to_string())
        }
        _ => false,
    }
}

/// A key as text, ids without their prefixes.
fn text(cell: &Cell) -> String {
    match cell {
        Cell::Id(id) => id.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Int(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

/// `due_on` as `dueOn`.
fn camel_case(name: &str) -> String {
    let mut upper = false;
    name.chars().fold(String::with_capacity(name.len()), |mut text, letter| {
        if letter == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            text.extend(letter.to_uppercase());
        } else {
            text.push(letter);
        }
        text
    })
}
