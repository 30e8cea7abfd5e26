//! Where a statement's rows are.

use ulid::Ulid;

use crate::catalogue::{Model, quoted};

/// Whose rows a statement reads, and in which tables they are. These are the
/// same in all schemas, so one statement serves the present and the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// What stands in a table's first column: the tenant, or one of its pasts.
    pub(super) whose: Ulid,
    schema: &'static str,
    /// Whether text is found through an index. What finds it looks for the
    /// tenant's rows in the tables of today.
    pub(super) is_searched: bool,
}

impl Source {
    /// The rows that a tenant has today.
    pub(crate) const fn of_today(tenant: Ulid) -> Self {
        Self { whose: tenant, schema: "read", is_searched: true }
    }

    /// The rows of a past that was put into tables.
    pub(crate) const fn of_past(past: Ulid) -> Self {
        Self { whose: past, schema: "past", is_searched: false }
    }

    /// The same where rows stand in the place of a table: these have no index.
    pub(crate) const fn without_indexes(self) -> Self {
        Self { is_searched: false, ..self }
    }

    /// The table of a model, quoted, with its schema.
    pub(crate) fn table(self, model: &Model) -> String {
        format!("{}.{}", self.schema, quoted(&model.consumer))
    }
}
