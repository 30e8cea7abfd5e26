//! The columns of tables, as they are and as they should be.

use std::fmt;

use domain::kernel::{Column, ColumnKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::{Error, GenericClient};
use ulid::Ulid;

use super::name::{literal, quoted};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TableColumn {
    pub(crate) name: String,
    /// Its type, as PostgreSQL spells it.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) nullable: bool,
    /// What stands in it when nothing is said, as an expression.
    pub(crate) default: Option<String>,
}

impl TableColumn {
    pub(super) fn required(name: &str, kind: &str) -> Self {
        Self { name: name.to_owned(), kind: kind.to_owned(), nullable: false, default: None }
    }

    /// A column that holds a column of the row, or finds its values.
    pub(super) fn holding(name: String, kind: &str, column: &Column) -> Self {
        let default = if column.personal { None } else { default(column) };
        Self { name, kind: kind.to_owned(), nullable: column.nullable, default }
    }

    /// The column as its line in `CREATE TABLE`.
    pub(super) fn line(&self) -> String {
        match &self.default {
            Some(default) => format!("{self} DEFAULT {default}"),
            None => self.to_string(),
        }
    }

    /// Whether rows can be written by somebody who does not know of it.
    pub(super) fn goes_without_saying(&self) -> bool {
        self.nullable || self.default.is_some()
    }

    /// Whether its values are what they are for the planner, too.
    pub(super) fn has_values(&self) -> bool {
        self.kind != "jsonb" && self.kind != "bytea"
    }

    /// Whether it holds the same, whatever it holds when nothing is said.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.kind == other.kind && self.nullable == other.nullable
    }
}

impl fmt::Display for TableColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.nullable { "" } else { " NOT NULL" };
        write!(f, "{} {}{end}", quoted(&self.name), self.kind)
    }
}

/// The columns of a read table; none when there is no such table.
pub(crate) async fn columns_of(
    client: &impl GenericClient,
    table: &str,
) -> Result<Vec<TableColumn>, Error> {
    let rows = client.query(include_str!("../sql/columns.sql"), &[&table]).await?;
    let column = |row: &tokio_postgres::Row| {
        Ok(TableColumn {
            name: row.try_get(0)?,
            kind: row.try_get(1)?,
            nullable: row.try_get(2)?,
            default: row.try_get(3)?,
        })
    };
    rows.iter().map(column).collect()
}

/// Whether these are the same columns in the same order.
pub(crate) fn are_alike(some: &[TableColumn], others: &[TableColumn]) -> bool {
    let alike =
        |(one, other): (&TableColumn, &TableColumn)| one.name == other.name && one.is_like(other);
    some.len() == others.len() && some.iter().zip(others).all(alike)
}

/// The default that a field is declared with, as SQL takes it. None where it is
/// nothing, or not of the column's kind.
fn default(column: &Column) -> Option<String> {
    let of = |text: &str, kind: &str| Some(format!("{}::{kind}", literal(text)));
    match (&column.kind, column.default.as_ref()?) {
        (_, Value::Null) => None,
        (ColumnKind::Bool, Value::Bool(value)) => Some(value.to_string()),
        (ColumnKind::Int, Value::Number(value)) => {
            value.as_i64().map(|value| format!("'{value}'::bigint"))
        }
        (ColumnKind::Text | ColumnKind::Enum { .. }, Value::String(text)) => of(text, "text"),
        (ColumnKind::Timestamp, Value::String(time)) => of(time, "timestamp with time zone"),
        (ColumnKind::Date, Value::String(date)) => of(date, "date"),
        (ColumnKind::Id { prefix, .. }, Value::String(id)) => {
            let id = id.strip_prefix(prefix.as_str())?.strip_prefix('_')?;
            of(&event_store::pg::uuid(Ulid::from_string(id).ok()?).to_string(), "uuid")
        }
        (ColumnKind::Json, value) => of(&value.to_string(), "jsonb"),
        _ => None,
    }
}
