//! In which order rows come, and where in that order a page begins.

use super::{Param, writer::Writer};
use crate::catalogue::Model;

/// One term of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(crate) field: usize,
    pub(crate) descending: bool,
    /// Whether empty values come before all others.
    pub(crate) empty_first: bool,
}

impl Sort {
    pub(crate) const fn ascending(field: usize) -> Self {
        Self { field, descending: false, empty_first: false }
    }

    /// The same order read from its end.
    pub(super) const fn reversed(self) -> Self {
        Self { descending: !self.descending, empty_first: !self.empty_first, ..self }
    }

    /// Adds the key to an order, so that no two rows are equal in it.
    pub(crate) fn with_key(mut sorts: Vec<Self>, model: &Model) -> Vec<Self> {
        for field in &model.key {
            if !sorts.iter().any(|sort| sort.field == *field) {
                sorts.push(Self::ascending(*field));
            }
        }
        sorts
    }
}

/// Writes `ORDER BY …`, each column as `name` calls it.
pub(super) fn order_by(
    to: &mut Writer,
    model: &Model,
    sorts: &[Sort],
    name: impl Fn(usize) -> String,
) {
    to.write(" ORDER BY ");
    to.separated(sorts, ", ", |to, sort| {
        to.write(&name(sort.field));
        if sort.descending {
            to.write(" DESC");
        }
        // PostgreSQL takes empty values for the greatest; an index serves that
        // order, so it is only overruled where it must be.
        let nullable = model.field(sort.field).is_some_and(|field| field.nullable);
        if nullable && sort.empty_first != sort.descending {
            to.write(if sort.empty_first { " NULLS FIRST" } else { " NULLS LAST" });
        }
    });
}

/// Writes the condition that a row comes after the one with these values.
pub(super) fn after(
    to: &mut Writer,
    model: &Model,
    table: &str,
    sorts: &[Sort],
    values: &[Option<Param>],
) {
    let terms: Vec<Term> = sorts
        .iter()
        .zip(values)
        .filter_map(|(sort, value)| {
            let field = model.field(sort.field)?;
            Some(Term {
                column: format!("{table}.{}", field.column),
                nullable: field.nullable,
                sort: *sort,
                value: value.clone().map(|value| to.place(value)),
            })
        })
        .collect();
    let alike = terms.iter().all(|term| {
        !term.nullable && terms.first().is_some_and(|it| it.sort.descending == term.sort.descending)
    });
    if alike && !terms.is_empty() {
        return row_comparison(to, &terms);
    }
    bound(to, &terms);
    to.write("(");
    let places: Vec<usize> = (0..terms.len()).collect();
    to.separated(places, " OR ", |to, place| {
        to.write("(");
        for term in terms.iter().take(place) {
            to.write(&term.equal());
            to.write(" AND ");
        }
        to.write(&terms.get(place).map(Term::later).unwrap_or_default());
        to.write(")");
    });
    to.write(")");
}

/// `(a, b) > ($2, $3)`: one range of an index.
fn row_comparison(to: &mut Writer, terms: &[Term]) {
    let descending = terms.first().is_some_and(|term| term.sort.descending);
    to.write("(");
    to.separated(terms, ", ", |to, term| to.write(&term.column));
    to.write(if descending { ") < (" } else { ") > (" });
    to.separated(terms, ", ", |to, term| to.write(term.value.as_deref().unwrap_or("NULL")));
    to.write(")");
}

/// Says first what follows from the rest, because an index can begin there.
fn bound(to: &mut Writer, terms: &[Term]) {
    if let Some(Term { nullable: false, value: Some(value), column, sort }) = terms.first() {
        let operator = if sort.descending { "<=" } else { ">=" };
        to.write(&format!("{column} {operator} {value} AND "));
    }
}

struct Term {
    column: String,
    nullable: bool,
    sort: Sort,
    value: Option<String>,
}

impl Term {
    fn equal(&self) -> String {
        match &self.value {
            Some(value) => format!("{} = {value}", self.column),
            None => format!("{} IS NULL", self.column),
        }
    }

    fn later(&self) -> String {
        let Self { column, sort, .. } = self;
        let operator = if sort.descending { '<' } else { '>' };
        match &self.value {
            Some(value) if self.nullable && !sort.empty_first => {
                format!("({column} {operator} {value} OR {column} IS NULL)")
            }
            Some(value) => format!("{column} {operator} {value}"),
            None if sort.empty_first => format!("{column} IS NOT NULL"),
            None => "false".to_owned(),
        }
    }
}
