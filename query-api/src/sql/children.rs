//! The rows that point to each of several others: a page for each, in one
//! statement.

use super::{
    Condition, List, Param, Source, Statement,
    list::column,
    sort::{after, order_by},
    writer::Writer,
};
use crate::catalogue::{Catalogue, Model};

/// A page of rows per id they point to.
#[derive(Clone, Debug)]
pub(crate) struct Children {
    /// The field that points.
    pub(crate) by: usize,
    /// The ids pointed to.
    pub(crate) ids: Param,
    /// What is read for each of them. The columns follow the id's place among
    /// the ids, counted from one; where a total is wanted, it comes between
    /// them, and ids without rows have one row that holds only it.
    pub(crate) list: List,
}

impl Children {
    /// The statement that reads them.
    pub(crate) fn statement(self, catalogue: &Catalogue, model: &Model, of: Source) -> Statement {
        let mut to = Writer::new(catalogue, of);
        let ids = to.place(self.ids.clone());
        let filter = to.apart(|to| {
            to.write(&format!(
                " FROM {} AS t WHERE t.tenant_id = $1 AND {} = parent.id",
                to.table(model),
                column(model, self.by)
            ));
            if self.list.condition != Condition::NONE {
                to.write(" AND ");
                self.list.condition.clone().write(to, model, "t");
            }
        });
        self.write_columns(&mut to);
        to.write(&format!(" FROM unnest({ids}) WITH ORDINALITY AS parent (id, place)"));
        if self.list.total {
            to.write(&format!(" CROSS JOIN LATERAL (SELECT count(*) AS n{filter}) AS total"));
        }
        self.write_pages(&mut to, model, &filter);
        to.finish()
    }

    fn write_columns(&self, to: &mut Writer) {
        to.write("SELECT parent.place");
        if self.list.total {
            to.write(", total.n");
        }
        if self.list.page.is_some() {
            for place in 0..self.list.fields.len() {
                to.write(&format!(", page.c{place}"));
            }
        }
    }

    fn write_pages(&self, to: &mut Writer, model: &Model, filter: &str) {
        let List { fields, sorts, page: Some(page), total, .. } = &self.list else { return };
        let sorts = page.sorts(sorts);
        to.write(if *total { " LEFT JOIN" } else { " CROSS JOIN" });
        to.write(" LATERAL (SELECT ");
        to.separated(fields.iter().enumerate(), ", ", |to, (place, field)| {
            to.write(&format!("{} AS c{place}", column(model, *field)));
        });
        to.write(filter);
        if let Some(from) = &page.from {
            to.write(" AND ");
            after(to, model, "t", &sorts, from);
        }
        order_by(to, model, &sorts, |field| column(model, field));
        to.write(&format!(" LIMIT {}) AS page", page.size.saturating_add(1)));
        if *total {
            to.write(" ON true");
        }
        order_by_parent(to, model, &sorts, fields);
    }
}

fn order_by_parent(to: &mut Writer, model: &Model, sorts: &[super::Sort], fields: &[usize]) {
    let order = to.apart(|to| {
        order_by(to, model, sorts, |field| {
            let place = fields.iter().position(|read| *read == field).unwrap_or_default();
            format!("page.c{place}")
        });
    });
    to.write(&order.replacen(" ORDER BY ", " ORDER BY parent.place, ", 1));
}
