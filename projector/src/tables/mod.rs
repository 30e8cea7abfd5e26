//! The tables of the read models, derived from their row types.
//!
//! Nothing else in Tenantry makes SQL out of names.

mod column;
mod definition;
mod name;
mod past;
mod registered;
mod search;
mod shape;
mod stand_in;
mod statements;

use std::time::Duration;

use domain::kernel::{ReadModelEntry, Registry};
use tokio_postgres::{Client, Transaction};

pub(crate) use column::{are_alike, columns_of};
pub(crate) use definition::{Definition, Index, Stands};
pub(crate) use name::{fingerprint, literal, quoted};
pub(crate) use past::table_of as past_table;
pub(crate) use registered::Registered;
pub(crate) use stand_in::{stand_back, stand_in};
pub(crate) use statements::Statements;

pub use registered::TableState;

use crate::session::is_taken;

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

/// How often to try for tables that are in use, and how long to leave readers
/// alone in between.
const ATTEMPTS: usize = 600;
const PAUSE: Duration = Duration::from_millis(400);

/// What is left of the attempts at tables that are in use.
pub(crate) struct Patience(usize);

impl Patience {
    /// What each attempt begins with. Whoever waits for a table keeps those who
    /// come later from reading it, so nobody waits for long.
    pub(crate) const BRIEF: &'static str = "SET LOCAL lock_timeout = '100ms'";

    pub(crate) fn new() -> Self {
        Self(ATTEMPTS)
    }

    /// Leaves others alone for a while. False if it was tried often enough.
    pub(crate) async fn is_left(&mut self) -> bool {
        self.0 = self.0.saturating_sub(1);
        if self.0 > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        self.0 > 0
    }
}

/// Brings the tables about that are not there yet, all or none, and gives the
/// names of those it created. Those that are there must have the columns of
/// their rows; one that lacks a column whose field has a default gets it.
///
/// Where there are events already, a new read model or a new version of one is
/// only written down, to be built by [`rebuild`](crate::rebuild()). Until then
/// readers of a new version see the rows of the one before.
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
    let mut patience = Patience::new();
    loop {
        let created = try_create(client, registry).await;
        let taken = matches!(&created, Err(TablesError::Database(error)) if is_taken(error));
        if !taken || !patience.is_left().await {
            return created;
        }
    }
}

async fn try_create(client: &mut Client, registry: &Registry) -> Result<Vec<String>, TablesError> {
    let transaction = client.transaction().await?;
    transaction
        .batch_execute(
            "SELECT pg_advisory_xact_lock(hashtext('tenantry.migrate'));
             SET LOCAL ROLE tenantry_owner",
        )
        .await?;
    transaction.batch_execute(Patience::BRIEF).await?;
    let mut created = vec![];
    for entry in registry.read_models() {
        if register(&transaction, entry).await? {
            created.push(entry.table_name());
        }
        past::create(&transaction, entry).await?;
    }
    transaction.commit().await?;
    Ok(created)
}

/// Sees to it that readers of a read model find something under its name, and
/// says whether that is a new table.
async fn register(
    transaction: &Transaction<'_>,
    entry: &ReadModelEntry,
) -> Result<bool, TablesError> {
    let mut versions = Registered::all(transaction, entry.name).await?;
    let standing = find(transaction, entry).await?;
    let created = standing.is_none() && nothing_happened(transaction).await?;
    if created {
        let name = quoted(&entry.table_name());
        transaction.batch_execute(&format!("DROP VIEW IF EXISTS read.{name}")).await?;
        transaction.batch_execute(&ddl(entry)).await?;
    }
    let state = match standing {
        Some(state) => state,
        None if created => TableState::Live,
        None => TableState::Unbuilt,
    };
    let registered = registered(entry, state);
    let known = versions.iter().find(|known| known.version == entry.version);
    let is_known = known.is_some_and(|known| {
        known.state == registered.state && known.columns == registered.columns
    });
    if !is_known {
        versions.retain(|known| known.version != entry.version);
        versions.push(registered);
        versions.sort_by_key(|version| std::cmp::Reverse(version.version));
        stand_in(transaction, &mut versions).await?;
    }
    Ok(created)
}

/// Finds the table of a read model, which must have the columns of its row.
async fn find(
    transaction: &Transaction<'_>,
    entry: &ReadModelEntry,
) -> Result<Option<TableState>, TablesError> {
    for state in [TableState::Live, TableState::Aside] {
        let Some(stands) = state.stands() else { continue };
        let table = Definition::of(entry, stands);
        let found = columns_of(transaction, &table.name()).await?;
        if !found.is_empty() {
            shape::bring_about(transaction, &table, &found).await?;
            return Ok(Some(state));
        }
    }
    Ok(None)
}

fn registered(entry: &ReadModelEntry, state: TableState) -> Registered {
    Registered {
        consumer: entry.table_name(),
        read_model: entry.name.to_owned(),
        version: entry.version,
        state,
        shows: None,
        columns: Definition::of(entry, Stands::Live).columns(),
    }
}

/// Whether there is no event yet that a table could lack.
async fn nothing_happened(transaction: &Transaction<'_>) -> Result<bool, tokio_postgres::Error> {
    let sql = "SELECT NOT EXISTS (SELECT FROM log.heads WHERE position > 0)";
    transaction.query_one(sql, &[]).await?.try_get(0)
}
