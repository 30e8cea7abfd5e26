//! One page of a list.

use super::{
    Condition, Param, Sort, Source, Statement,
    sort::{after, order_by},
    writer::Writer,
};
use crate::catalogue::{Catalogue, Model};

/// A page of the rows of a model.
#[derive(Clone, Debug)]
pub(crate) struct List {
    /// The fields that are read, in the order of the result's columns.
    pub(crate) fields: Vec<usize>,
    pub(crate) condition: Condition,
    /// The order, complete with the key.
    pub(crate) sorts: Vec<Sort>,
    /// Which part of it; none if only the total is wanted.
    pub(crate) page: Option<Page>,
    /// Whether to count all rows that are meant. They are counted in the
    /// result's first column; where the page is empty, the others are null.
    pub(crate) total: bool,
}

/// Which part of a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Page {
    /// The most rows; one more is read to see whether there are further ones.
    pub(crate) size: usize,
    /// Whether it is read towards the beginning. The rows then come in
    /// reverse.
    pub(crate) backward: bool,
    /// The sort values of the row next to it.
    pub(crate) from: Option<Vec<Option<Param>>>,
}

impl List {
    /// The statement that reads it.
    pub(crate) fn statement(self, catalogue: &Catalogue, model: &Model, of: Source) -> Statement {
        let mut to = Writer::new(catalogue, of);
        let filter = to.apart(|to| {
            to.write(&format!(" FROM {} AS t WHERE t.tenant_id = $1", to.table(model)));
            if self.condition != Condition::NONE {
                to.write(" AND ");
                self.condition.clone().write_of_all(to, model);
            }
        });
        match (&self.page, self.total) {
            (Some(page), false) => {
                self.write_page(&mut to, model, page, &filter, |column, _| column);
            }
            (Some(page), true) => self.write_page_and_total(&mut to, model, page, &filter),
            (None, _) => to.write(&format!("SELECT count(*){filter}")),
        }
        to.finish()
    }

    fn write_page(
        &self,
        to: &mut Writer,
        model: &Model,
        page: &Page,
        filter: &str,
        name: impl Fn(String, usize) -> String,
    ) {
        to.write("SELECT ");
        to.separated(self.fields.iter().enumerate(), ", ", |to, (place, field)| {
            to.write(&name(column(model, *field), place));
        });
        to.write(filter);
        let sorts = page.sorts(&self.sorts);
        if let Some(from) = &page.from {
            to.write(" AND ");
            after(to, model, "t", &sorts, from);
        }
        order_by(to, model, &sorts, |field| column(model, field));
        to.write(&format!(" LIMIT {}", page.size.saturating_add(1)));
    }

    fn write_page_and_total(&self, to: &mut Writer, model: &Model, page: &Page, filter: &str) {
        to.write("SELECT total.n");
        for place in 0..self.fields.len() {
            to.write(&format!(", page.c{place}"));
        }
        to.write(&format!(" FROM (SELECT count(*) AS n{filter}) AS total LEFT JOIN ("));
        self.write_page(to, model, page, filter, |column, place| format!("{column} AS c{place}"));
        to.write(") AS page ON true");
        order_by(to, model, &page.sorts(&self.sorts), |field| {
            let place = self.fields.iter().position(|read| *read == field).unwrap_or_default();
            format!("page.c{place}")
        });
    }
}

impl Page {
    pub(super) fn sorts(&self, sorts: &[Sort]) -> Vec<Sort> {
        let turn = |sort: &Sort| if self.backward { sort.reversed() } else { *sort };
        sorts.iter().map(turn).collect()
    }
}

/// A field of the model as the statement calls it.
pub(super) fn column(model: &Model, field: usize) -> String {
    model.field(field).map_or_else(|| "NULL".to_owned(), |field| format!("t.{}", field.column))
}
