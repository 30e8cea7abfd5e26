//! Rows that stand in a statement where a table stands otherwise.

use super::ReadFault;
use crate::sql::{Param, Statement};

/// Rows in the place of a table.
pub(crate) struct Instead {
    /// The table, as statements call it.
    pub(crate) table: String,
    /// Its columns after the tenant, each with its type.
    pub(crate) columns: Vec<(String, &'static str)>,
    /// The rows as JSON: a list of objects whose fields `c0`, `c1` … are the
    /// columns. Written down once, for all statements.
    pub(crate) rows: String,
}

/// What statements call the rows.
const ROWS: &str = "past_rows";

impl Instead {
    /// The statement over these rows.
    ///
    /// # Errors
    /// When it reads other tables as well: these are as they are now.
    pub(super) fn put_in(&self, statement: &Statement) -> Result<Statement, ReadFault> {
        let text = statement.text.replace(&self.table, ROWS);
        if text.contains(" read.\"") || text.contains(" past.\"") {
            return Err(ReadFault::BadValue(
                "asOf: what rows point to, or what points to them, is not known as it was; leave \
                 it out of the filter, or ask for a past that was put into tables by the header \
                 As-Of"
                    .to_owned(),
            ));
        }
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let typed = self.columns.iter().enumerate().map(|(at, (_, kind))| format!("c{at} {kind}"));
        let mut params = statement.params.clone();
        params.push(Param::Text(self.rows.clone()));
        let text = format!(
            "WITH {ROWS} (tenant_id, {}) AS MATERIALIZED (\
             SELECT $1::uuid, r.* FROM jsonb_to_recordset(${}::jsonb) AS r ({})) {text}",
            names.join(", "),
            params.len(),
            typed.collect::<Vec<_>>().join(", "),
        );
        Ok(Statement { text, params })
    }
}
