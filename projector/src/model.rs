//! A read model together with its table.

use std::{collections::BTreeSet, sync::Arc};

use bytes::BytesMut;
use deadpool_postgres::ClientWrapper;
use domain::kernel::{Cell, ColumnKind, FoldError, ReadModelEntry, Registry, Work};
use event_store::keys::{KeyError, KeyRing};
use tokio_postgres::{Error, types::ToSql};
use ulid::Ulid;

use crate::{
    cells::{self, Array, Unreadable},
    session,
    tables::{Definition, Stands, Statements},
    vault::{self, Hidden, Seal},
};

/// A read model and the table that its rows go to.
pub(crate) struct Model {
    registry: Arc<Registry>,
    /// Its place among all read models.
    pub(crate) place: usize,
    /// The name of its checkpoints.
    pub(crate) consumer: String,
    /// The name of its table.
    pub(crate) name: String,
    /// Keeps its table from being replaced until the transaction has ended.
    pub(crate) hold: String,
    /// How it is called in measures.
    pub(crate) label: String,
    pub(crate) table: Statements,
    /// The places of the key's columns among all columns.
    pub(crate) key: Vec<usize>,
    /// The columns that hold personal data.
    pub(crate) hidden: Vec<Hidden>,
    pub(crate) ring: Arc<KeyRing>,
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
    #[error(transparent)]
    Keys(#[from] KeyError),
}

impl Model {
    /// All read models and their former versions, each with the tables that
    /// may be its own: the one that readers see, then one put aside.
    pub(crate) fn all(registry: &Arc<Registry>, ring: &Arc<KeyRing>) -> Vec<[Arc<Self>; 2]> {
        let standing = |place, stands| Arc::new(Self::new(registry, ring, place, stands));
        (0..registry.projected().len())
            .map(|place| [Stands::Live, Stands::Aside].map(|stands| standing(place, stands)))
            .collect()
    }

    /// Of each read model the one whose table is there, if one is.
    pub(crate) async fn standing(
        client: &ClientWrapper,
        models: &[[Arc<Self>; 2]],
    ) -> Result<Vec<Arc<Self>>, Error> {
        let names: Vec<&str> = models.iter().flatten().map(|model| &*model.name).collect();
        let statement = client.prepare_cached(include_str!("sql/tables.sql")).await?;
        let rows = client.query(&statement, &[&names]).await?;
        let found: BTreeSet<String> =
            rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        let there = |models: &[Arc<Self>; 2]| {
            models.iter().find(|model| found.contains(&model.name)).cloned()
        };
        Ok(models.iter().filter_map(there).collect())
    }

    /// The read model of a name, with the table that a rebuild fills.
    pub(crate) fn beside(
        registry: &Arc<Registry>,
        ring: &Arc<KeyRing>,
        name: &str,
    ) -> Option<Self> {
        let place = registry.read_models().iter().position(|entry| entry.name == name)?;
        Some(Self::new(registry, ring, place, Stands::Beside))
    }

    /// All read models, with the tables that hold moments of the past.
    pub(crate) fn past(registry: &Arc<Registry>, ring: &Arc<KeyRing>) -> Vec<Arc<Self>> {
        (0..registry.read_models().len())
            .map(|place| Arc::new(Self::new(registry, ring, place, Stands::Past)))
            .collect()
    }

    fn new(registry: &Arc<Registry>, ring: &Arc<KeyRing>, place: usize, stands: Stands) -> Self {
        let entry = at(registry, place);
        let key = entry.key.iter().filter_map(|name| entry.table.position(name)).collect();
        let definition = Definition::of(entry, stands);
        let is_former = place >= registry.read_models().len();
        Self {
            consumer: entry.table_name(),
            name: definition.name(),
            hold: definition.hold(),
            label: if is_former { entry.table_name() } else { entry.name.to_owned() },
            table: Statements::new(entry, definition),
            registry: registry.clone(),
            place,
            key,
            hidden: Hidden::of(entry),
            ring: ring.clone(),
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
        for row in vault::open_rows(self, tenant, &rows).await? {
            let row = row?;
            work.load(row.cells, row.position)?;
        }
        Ok(())
    }

    /// The key of a row as bytes.
    pub(crate) fn key_bytes(&self, row: &[Cell]) -> BytesMut {
        let mut bytes = BytesMut::new();
        for cell in self.key.iter().filter_map(|place| row.get(*place)) {
            cells::put(cell, &mut bytes);
        }
        bytes
    }

    /// The key of a row.
    pub(crate) fn key_of(&self, row: &[Cell]) -> Vec<Cell> {
        self.key.iter().filter_map(|place| row.get(*place).cloned()).collect()
    }

    /// Whether each row is folded from a single stream, which its key names.
    pub(crate) fn is_of_one_stream(&self) -> bool {
        let entry = self.entry();
        let key = match self.key.as_slice() {
            [key] => entry.table.columns.get(*key).map(|column| &column.kind),
            _ => None,
        };
        entry.of_one_aggregate
            && matches!(key, Some(ColumnKind::Id { aggregate, .. }) if self.folds(aggregate))
    }

    /// Keys as arrays, one per key column.
    pub(crate) fn keys(&self, keys: &[Vec<Cell>]) -> Vec<Array> {
        self.key
            .iter()
            .enumerate()
            .map(|(place, column)| Array::column(self.kind(*column), keys.iter(), place))
            .collect()
    }

    /// Rows as arrays, one per column, the position last. Personal values are
    /// taken from the seals, which are given row by row.
    pub(crate) fn columns(&self, rows: &[(Vec<Cell>, u64)], seals: &[Vec<Seal>]) -> Vec<Array> {
        let mut arrays = vec![];
        let mut hidden = 0;
        for (place, column) in self.entry().table.columns.iter().enumerate() {
            if !column.personal {
                let cells = rows.iter().map(|(cells, _)| cells);
                arrays.push(Array::column(&column.kind, cells, place));
                continue;
            }
            let seals = seals.iter().map(|row| row.get(hidden));
            arrays.push(Array::bytes(seals.clone().map(|seal| seal?.value.as_deref())));
            if column.match_name().is_some() {
                arrays.push(Array::bytes(seals.map(|seal| seal?.found_by.as_deref())));
            }
            hidden += 1;
        }
        arrays.push(Array::positions(rows.iter().map(|(_, position)| *position)));
        arrays
    }
}

#[expect(clippy::indexing_slicing, reason = "places come from this very list")]
fn at(registry: &Registry, place: usize) -> &ReadModelEntry {
    &registry.projected()[place]
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
