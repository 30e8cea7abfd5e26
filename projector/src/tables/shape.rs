//! Whether a table has the columns of its row, and how it gets them.

use tokio_postgres::Transaction;

use super::{Definition, TablesError, column::TableColumn};

/// Adds the columns that a table lacks and that can be added without folding
/// anything again. Refuses a table whose other columns are not the row's.
pub(super) async fn bring_about(
    transaction: &Transaction<'_>,
    table: &Definition<'_>,
    found: &[TableColumn],
) -> Result<(), TablesError> {
    let expected = table.columns();
    let mut added = vec![];
    for column in &expected {
        match found.iter().find(|found| found.name == column.name) {
            Some(found) if found.is_like(column) => {}
            None if table.may_be_added(&column.name) => added.push(column),
            other => {
                let lacks = "no further column".to_owned();
                return Err(
                    table.unlike(other.map_or(lacks, ToString::to_string), column.to_string())
                );
            }
        }
    }
    // What a newer program has added, this one need not know of.
    let stray = found.iter().find(|found| {
        !found.goes_without_saying() && expected.iter().all(|column| column.name != found.name)
    });
    if let Some(stray) = stray {
        return Err(table.unlike(stray.to_string(), "no further column".to_owned()));
    }
    if !added.is_empty() {
        transaction.batch_execute(&table.add(&added)).await?;
        transaction.batch_execute(&table.comment()).await?;
    }
    Ok(())
}
