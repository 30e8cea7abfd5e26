//! A read model together with its table.

use std::sync::Arc;

use deadpool_postgres::ClientWrapper;
use domain::kernel::{Cell, ColumnKind, FoldError, ReadModelEntry, Registry, Work};
use tokio_postgres::{Error, types::ToSql};
use ulid::Ulid;

use crate::{
    cells::{self, Array, Unreadable},
    session,
    tables::{Definition, Stands, Statements},
};

/// A read model and the table that its rows go to.
pub(crate) struct Model {
    registry: Arc<Registry>,
    /// Its place among all read models.
    pub(crate) place: usize,
    /// The name of its checkpoints.
    pub(crate) consumer: String,
    pub(crate) table: Statements,
    /// The places of the key's columns among all columns.
    pub(crate) key: Vec<usize>,
}

/// Why rows could not be loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("{}", session::reason(.0))]
    Database(#[from] Error),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Unfit(#[from] FoldError),
}

impl Model {
    /// All read models, with the tables that readers see.
    pub(crate) fn all(registry: &Arc<Registry>) -> Vec<Arc<Self>> {
        (0..registry.read_models().len())
            .map(|place| Arc::new(Self::new(registry, place, Stands::Live)))
            .collect()
    }

    /// The read model of a name, with the table that a rebuild fills.
    pub(crate) fn beside(registry: &Arc<Registry>, name: &str) -> Option<Self> {
        let place = registry.read_models().iter().position(|entry| entry.name == name)?;
        Some(Self::new(registry, place, Stands::Beside))
    }

    fn new(registry: &Arc<Registry>, place: usize, stands: Stands) -> Self {
        let entry = at(registry, place);
        let key = entry.key.iter().filter_map(|name| entry.table.position(name)).collect();
        Self {
            consumer: entry.table_name(),
            table: Statements::new(entry, Definition::of(entry, stands)),
            registry: registry.clone(),
            place,
            key,
        }
    }

    /// The declaration.
    pub(crate) fn entry(&self) -> &ReadModelEntry {
        at(&self.registry, self.place)
    }

    /// Whether events of an aggregate go into it.
    pub(crate) fn folds(&self, stream_type: &str) -> bool {
        self.entry().fold.sources().contains(&stream_type)
    }

    fn kind(&self, place: usize) -> &ColumnKind {
        self.entry().table.columns.get(place).map_or(&ColumnKind::Json, |column| &column.kind)
    }

    /// Hands the stored rows of these keys to the work.
    pub(crate) async fn load(
        &self,
        client: &ClientWrapper,
        tenant: Ulid,
        keys: &[Vec<Cell>],
        work: &mut dyn Work,
    ) -> Result<(), LoadError> {
        if keys.is_empty() {
            return Ok(());
        }
        let uuid = event_store::pg::uuid(tenant);
        let keys = self.keys(keys);
        let params = params(&uuid, &keys);
        let rows = session::read_as(client, tenant, &self.table.load, &params).await?;
        for row in rows {
            let (cells, position) = cells::row_of(&row, &self.entry().table.columns)?;
            work.load(cells, position)?;
        }
        Ok(())
    }

    /// Keys as arrays, one per key column.
    pub(crate) fn keys(&self, keys: &[Vec<Cell>]) -> Vec<Array> {
        self.key
            .iter()
            .enumerate()
            .map(|(place, column)| Array::column(self.kind(*column), keys.iter(), place))
            .collect()
    }

    /// Rows as arrays, one per column, the position last.
    pub(crate) fn columns(&self, rows: &[(Vec<Cell>, u64)]) -> Vec<Array> {
        let columns = self.entry().table.columns.iter().enumerate();
        columns
            .map(|(place, column)| {
                Array::column(&column.kind, rows.iter().map(|(cells, _)| cells), place)
            })
            .chain([Array::positions(rows.iter().map(|(_, position)| *position))])
            .collect()
    }
}

#[expect(clippy::indexing_slicing, reason = "places come from this very list")]
fn at(registry: &Registry, place: usize) -> &ReadModelEntry {
    &registry.read_models()[place]
}

/// The tenant, then the arrays.
pub(crate) fn params<'a>(
    tenant: &'a uuid::Uuid,
    arrays: &'a [Array],
) -> Vec<&'a (dyn ToSql + Sync)> {
    std::iter::once(tenant as &(dyn ToSql + Sync))
        .chain(arrays.iter().map(|array| array as &(dyn ToSql + Sync)))
        .collect()
}
