//! The tables that hold moments of the past, one for each read model.

use domain::kernel::ReadModelEntry;
use tokio_postgres::{Error, Transaction};

use super::{
    Definition, Stands,
    name::{literal, quoted},
};

/// The table of the past of a read table, with its schema.
pub(crate) fn table_of(name: &str) -> String {
    format!("past.{}", quoted(name))
}

/// Sees to it that a read model's table of the past is there. One of another
/// shape is made anew, and projectors fill it again: nothing is in it that the
/// log does not have.
pub(super) async fn create(
    transaction: &Transaction<'_>,
    entry: &ReadModelEntry,
) -> Result<(), Error> {
    let past = Definition::of(entry, Stands::Past);
    let ddl = [past.create(), past.index().concat(), past.comment(), past.protect()].concat();
    let table = past.table();
    // What the table says about itself ends in what it was made by.
    let sql = "SELECT md5($2::text), obj_description(to_regclass($1), 'pg_class')";
    let row = transaction.query_one(sql, &[&table, &ddl]).await?;
    let (shape, said): (String, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
    if said.is_some_and(|said| said.ends_with(&shape)) {
        return Ok(());
    }
    let said = format!("{} As it was at moments of the past. Shape {shape}", entry.table.doc);
    let comment = format!("COMMENT ON TABLE {table} IS {};\n", literal(&said));
    transaction.batch_execute(&[past.drop(), ddl, comment].concat()).await?;
    let forget = "DELETE FROM log.past_tables WHERE consumer = $1";
    transaction.execute(forget, &[&entry.table_name()]).await.map(drop)
}
