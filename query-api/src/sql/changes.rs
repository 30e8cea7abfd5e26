//! What changed between two positions.

use ulid::Ulid;

use super::{Condition, Param, Statement, list::column, writer::Writer};
use crate::catalogue::{Catalogue, Model};

/// The rows whose last event lies between two positions.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    /// The fields that are read, after the position of the row's last event
    /// and whether the condition holds for it.
    pub(crate) fields: Vec<usize>,
    pub(crate) condition: Condition,
    /// The position that was seen last.
    pub(crate) after: i64,
    /// The last position that counts.
    pub(crate) until: i64,
}

impl Changes {
    /// The statement that reads them, in the order of their last events.
    pub(crate) fn statement(self, catalogue: &Catalogue, model: &Model, tenant: Ulid) -> Statement {
        let mut to = Writer::new(catalogue, tenant);
        to.write("SELECT t.updated_position, (");
        self.condition.write(&mut to, model, "t");
        to.write(") IS TRUE");
        for field in &self.fields {
            to.write(&format!(", {}", column(model, *field)));
        }
        to.write(&format!(" FROM {} AS t WHERE t.tenant_id = $1", model.table));
        to.write(" AND t.updated_position > ");
        to.bind(Param::Int(self.after));
        to.write(" AND t.updated_position <= ");
        to.bind(Param::Int(self.until));
        to.write(" ORDER BY t.updated_position");
        for field in &model.key {
            to.write(&format!(", {}", column(model, *field)));
        }
        to.finish()
    }
}
