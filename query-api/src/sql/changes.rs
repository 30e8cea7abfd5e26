//! What changed since a client looked last.

use super::{Condition, Param, Source, Statement, list::column, writer::Writer};
use crate::catalogue::{Catalogue, Model};

/// The rows that changed.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    /// The fields that are read, after the position of the row's last event
    /// and whether the condition holds for it.
    pub(crate) fields: Vec<usize>,
    pub(crate) condition: Condition,
    pub(crate) since: Since,
}

/// By what a row is known to have changed.
#[derive(Clone, Debug)]
pub(crate) enum Since {
    /// Its last event lies after the first of these positions, and no further
    /// than the second.
    Positions(i64, i64),
    /// It is one of these: a list of values per key column.
    Keys(Vec<Param>),
}

impl Changes {
    /// The statement that reads them, in the order of their last events.
    pub(crate) fn statement(self, catalogue: &Catalogue, model: &Model, of: Source) -> Statement {
        let mut to = Writer::new(catalogue, of);
        to.write("SELECT t.updated_position, (");
        self.condition.write(&mut to, model, "t");
        to.write(") IS TRUE");
        for field in &self.fields {
            to.write(&format!(", {}", column(model, *field)));
        }
        match self.since {
            Since::Positions(after, until) => {
                to.write(&format!(" FROM {} AS t WHERE t.tenant_id = $1", to.table(model)));
                to.write(" AND t.updated_position > ");
                to.bind(Param::Int(after));
                to.write(" AND t.updated_position <= ");
                to.bind(Param::Int(until));
            }
            Since::Keys(keys) => {
                to.write(" FROM ");
                join_keys(&mut to, model, keys);
            }
        }
        to.write(" ORDER BY t.updated_position");
        for field in &model.key {
            to.write(&format!(", {}", column(model, *field)));
        }
        to.finish()
    }
}

/// Writes the rows of these keys, as the tables `key` and `t`.
pub(super) fn join_keys(to: &mut Writer, model: &Model, keys: Vec<Param>) {
    to.write("unnest(");
    to.separated(keys, ", ", Writer::bind);
    to.write(") AS key (");
    to.separated(0..model.key.len(), ", ", |to, place| to.write(&format!("k{place}")));
    to.write(&format!(") JOIN {} AS t ON t.tenant_id = $1", to.table(model)));
    for (place, field) in model.key.iter().enumerate() {
        to.write(&format!(" AND {} = key.k{place}", column(model, *field)));
    }
}
