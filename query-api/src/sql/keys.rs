//! Rows by their keys.

use super::{Param, Source, Statement, changes::join_keys, list::column, writer::Writer};
use crate::catalogue::{Catalogue, Model};

/// Reads the row of a key, its position first.
pub(crate) fn by_key(
    catalogue: &Catalogue,
    model: &Model,
    of: Source,
    fields: &[usize],
    key: Vec<Param>,
) -> Statement {
    let mut to = Writer::new(catalogue, of);
    to.write("SELECT t.updated_position");
    select(&mut to, model, fields);
    for (field, value) in model.key.iter().zip(key) {
        to.write(&format!(" AND {} = ", column(model, *field)));
        to.bind(value);
    }
    to.finish()
}

/// Reads the rows in one of whose fields one of these ids stands: that field
/// first, then the others.
pub(crate) fn by_keys(
    catalogue: &Catalogue,
    model: &Model,
    of: Source,
    fields: &[usize],
    by: usize,
    ids: Param,
) -> Statement {
    let mut to = Writer::new(catalogue, of);
    to.write(&format!("SELECT {}", column(model, by)));
    select(&mut to, model, fields);
    to.write(&format!(" AND {} = ANY (", column(model, by)));
    to.bind(ids);
    to.write(")");
    to.finish()
}

fn select(to: &mut Writer, model: &Model, fields: &[usize]) {
    for field in fields {
        to.write(&format!(", {}", column(model, *field)));
    }
    to.write(&format!(" FROM {} AS t WHERE t.tenant_id = $1", to.table(model)));
}

/// Reads which of these keys have a row: the columns of the key. There is one
/// list of values per key column.
pub(crate) fn existing(
    catalogue: &Catalogue,
    model: &Model,
    of: Source,
    keys: Vec<Param>,
) -> Statement {
    let mut to = Writer::new(catalogue, of);
    to.write("SELECT ");
    to.separated(&model.key, ", ", |to, field| to.write(&column(model, *field)));
    to.write(" FROM ");
    join_keys(&mut to, model, keys);
    to.finish()
}
