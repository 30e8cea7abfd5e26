//! The tables of the read models, derived from their row types.
//!
//! Nothing else in Tenantry makes SQL out of names.

mod definition;
mod name;
mod past;
mod statements;

use domain::kernel::{ReadModelEntry, Registry};
use tokio_postgres::{Client, Transaction};

pub(crate) use definition::{Definition, Stands};
pub(crate) use past::table_of as past_table;
pub(crate) use statements::Statements;

/// Why the tables could not be brought about.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    /// A table of the right name holds other columns.
    #[error(
        "read.{table} has {found} where the row of {read_model} has {expected}: \
         raise the read model's VERSION"
    )]
    Shape {
        /// The read model.
        read_model: &'static str,
        /// Its table.
        table: String,
        /// The column the table has.
        found: String,
        /// The column the row has.
        expected: String,
    },
    /// The database refused.
    #[error("the read tables could not be created: {0}")]
    Database(#[from] tokio_postgres::Error),
}

/// The definition of a read model's table: columns, key, indexes, comments,
/// and who may see and change which rows.
#[must_use]
pub fn ddl(entry: &ReadModelEntry) -> String {
    let table = Definition::of(entry, Stands::Live);
    [table.create(), table.index().concat(), table.comment(), table.protect()].concat()
}

/// Creates the tables that are not there yet, all or none, and gives their
/// names. Those that are there must have the columns of their rows.
///
/// The session must be allowed to act as `tenantry_owner`, and the log's
/// schema must be there.
///
/// # Errors
/// When a table has other columns than its row, or the database refuses.
pub async fn create_tables(
    client: &mut Client,
    registry: &Registry,
) -> Result<Vec<String>, TablesError> {
    let transaction = client.transaction().await?;
    transaction
        .batch_execute(
            "SELECT pg_advisory_xact_lock(hashtext('tenantry.migrate'));
             SET LOCAL ROLE tenantry_owner",
        )
        .await?;
    let mut created = vec![];
    for entry in registry.read_models() {
        let found = columns(&transaction, &entry.table_name()).await?;
        if found.is_empty() {
            transaction.batch_execute(&ddl(entry)).await?;
            created.push(entry.table_name());
        } else {
            same_shape(entry, &found)?;
        }
        past::create(&transaction, entry).await?;
    }
    transaction.commit().await?;
    Ok(created)
}

/// The columns of a read table as it is, each in one line; none when there is
/// no such table.
async fn columns(
    transaction: &Transaction<'_>,
    table: &str,
) -> Result<Vec<String>, tokio_postgres::Error> {
    let rows = transaction.query(include_str!("../sql/columns.sql"), &[&table]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

fn same_shape(entry: &ReadModelEntry, found: &[String]) -> Result<(), TablesError> {
    let expected = Definition::of(entry, Stands::Live).columns();
    let nothing = "no further column".to_owned();
    for place in 0..expected.len().max(found.len()) {
        let (expected, found) = (expected.get(place), found.get(place));
        if expected != found {
            return Err(TablesError::Shape {
                read_model: entry.name,
                table: entry.table_name(),
                found: found.unwrap_or(&nothing).clone(),
                expected: expected.unwrap_or(&nothing).clone(),
            });
        }
    }
    Ok(())
}
