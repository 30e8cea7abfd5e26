//! Folding events into rows, for whoever knows neither the one nor the other.

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::{
    AnyRecorded, Cell, Column, Keys, ReadModel, Slot, Sources,
    cell::{CellError, RowKey, from_cells, to_cells},
    schema,
};

/// Starts work on the rows of one read model.
pub trait Fold: Send + Sync {
    /// The types of the aggregates whose events are folded.
    fn sources(&self) -> &[&'static str];
    /// Empty working memory for the rows of one tenant.
    fn work(&self) -> Box<dyn Work>;
    /// The keys of the rows that an event touches.
    fn keys(&self, event: &AnyRecorded) -> Vec<Vec<Cell>>;
}

/// The rows of one tenant while events are folded into them.
///
/// First [`touch`](Self::touch) what the events will change, load what the
/// table holds of it, then [`apply`](Self::apply) the events in order. Whoever
/// starts from an empty table needs no loading. An event that a row has seen
/// already is passed over, so delivering it again changes nothing.
pub trait Work: Send {
    /// Makes room for the rows that an event touches, and answers the keys of
    /// those not seen before, which the table may hold.
    fn touch(&mut self, event: &AnyRecorded) -> Vec<Vec<Cell>>;
    /// Takes in a row as the table holds it.
    ///
    /// # Errors
    /// When the cells are not those of the row.
    fn load(&mut self, row: Vec<Cell>, position: u64) -> Result<(), FoldError>;
    /// Folds an event.
    ///
    /// # Errors
    /// When the event cannot be folded. The rows are then as they were before,
    /// and other events can be folded into them.
    fn apply(&mut self, event: &AnyRecorded) -> Result<(), FoldError>;
    /// All rows there are now, with the position of the last event in each.
    ///
    /// # Errors
    /// When a row does not have the shape of its columns.
    fn rows(&self) -> Result<Vec<(Vec<Cell>, u64)>, FoldError>;
    /// Takes out rows, so many at most, each with the position of the last event
    /// in it, until there are none. The work is good for nothing else then.
    ///
    /// # Errors
    /// When a row does not have the shape of its columns.
    fn drain(&mut self, most: usize) -> Result<Vec<(Vec<Cell>, u64)>, FoldError>;
    /// What has changed since it was loaded or last asked, sorted by key.
    ///
    /// # Errors
    /// When a row does not have the shape of its columns.
    fn changes(&mut self) -> Result<Changes, FoldError>;
    /// How many rows are held.
    fn held(&self) -> usize;
}

/// What a table needs to be told after a fold.
#[derive(Debug, Default, PartialEq)]
pub struct Changes {
    /// Rows to write, each with the position of the last event in it.
    pub put: Vec<(Vec<Cell>, u64)>,
    /// Keys of rows to remove.
    pub removed: Vec<Vec<Cell>>,
}

/// Why an event or a row could not be folded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The event changes a row that is not there.
    #[error(
        "{event} at position {position} changes a row of {read_model} that does not exist: {key}"
    )]
    MissingRow {
        /// The read model.
        read_model: &'static str,
        /// The event's name.
        event: &'static str,
        /// The event's position.
        position: u64,
        /// The key of the missing row.
        key: String,
    },
    /// A row does not have the shape of its columns.
    #[error("a row of {read_model} does not fit its columns: {source}")]
    Shape {
        /// The read model.
        read_model: &'static str,
        /// What does not fit.
        source: CellError,
    },
}

/// The fold of one read model.
pub(super) struct FoldOf<R: ReadModel> {
    columns: std::sync::Arc<[Column]>,
    key: std::sync::Arc<[usize]>,
    sources: Vec<&'static str>,
    read_model: std::marker::PhantomData<fn() -> R>,
}

impl<R: ReadModel> FoldOf<R> {
    pub(super) fn new() -> Self {
        let table = schema::table::<R::Row>();
        let key = R::KEY.iter().filter_map(|name| table.position(name)).collect();
        Self {
            columns: table.columns.into(),
            key,
            sources: R::Sources::types(),
            read_model: std::marker::PhantomData,
        }
    }
}

impl<R: ReadModel> Fold for FoldOf<R> {
    fn sources(&self) -> &[&'static str] {
        &self.sources
    }
    fn work(&self) -> Box<dyn Work> {
        Box::new(WorkOn::<R> {
            rows: IndexMap::new(),
            columns: self.columns.clone(),
            key: self.key.clone(),
        })
    }
    fn keys(&self, event: &AnyRecorded) -> Vec<Vec<Cell>> {
        let mut keys = vec![];
        R::Sources::keys(event).for_each(|key| keys.push(key.cells()));
        keys
    }
}

struct WorkOn<R: ReadModel> {
    rows: IndexMap<R::Key, Held<R::Row>>,
    columns: std::sync::Arc<[Column]>,
    key: std::sync::Arc<[usize]>,
}

#[derive(Clone)]
struct Held<Row> {
    row: Option<Row>,
    /// The last event that went into the row.
    position: u64,
    changed: bool,
    /// Whether the table may hold the row.
    stored: bool,
}

impl<Row> Default for Held<Row> {
    fn default() -> Self {
        Self { row: None, position: 0, changed: false, stored: false }
    }
}

impl<R: ReadModel> WorkOn<R> {
    fn fold(&mut self, key: R::Key, event: &AnyRecorded) -> Result<(), FoldError> {
        let position = event.envelope().position;
        let place = match self.rows.entry(key) {
            Entry::Occupied(entry) => entry.index(),
            Entry::Vacant(entry) => entry.insert_entry(Held::default()).index(),
        };
        let Some((key, held)) = self.rows.get_index_mut(place) else { return Ok(()) };
        if position <= held.position {
            return Ok(());
        }
        let mut slot = Slot::<R>::new(key, &mut held.row);
        R::Sources::apply(&mut slot, event);
        if slot.found_missing() {
            return Err(FoldError::MissingRow {
                read_model: R::NAME,
                event: event.name(),
                position,
                key: format!("{key:?}"),
            });
        }
        held.position = position;
        held.changed = true;
        Ok(())
    }

    /// Folds an event into all of its rows, or into none.
    fn fold_many(&mut self, keys: Vec<R::Key>, event: &AnyRecorded) -> Result<(), FoldError> {
        let before: Vec<_> =
            keys.iter().map(|key| (key.clone(), self.rows.get(key).cloned())).collect();
        let folded = keys.into_iter().try_for_each(|key| self.fold(key, event));
        if folded.is_err() {
            for (key, held) in before {
                self.rows.insert(key, held.unwrap_or_default());
            }
        }
        folded
    }

    fn cells(&self, row: &R::Row) -> Result<Vec<Cell>, FoldError> {
        to_cells(row, &self.columns).map_err(shape::<R>)
    }
}

fn shape<R: ReadModel>(source: CellError) -> FoldError {
    FoldError::Shape { read_model: R::NAME, source }
}

impl<R: ReadModel> Work for WorkOn<R> {
    fn touch(&mut self, event: &AnyRecorded) -> Vec<Vec<Cell>> {
        let mut unseen = vec![];
        R::Sources::keys(event).for_each(|key| {
            if let Entry::Vacant(entry) = self.rows.entry(key) {
                unseen.push(entry.key().cells());
                entry.insert(Held::default());
            }
        });
        unseen
    }

    fn load(&mut self, row: Vec<Cell>, position: u64) -> Result<(), FoldError> {
        let key: Vec<Cell> = self.key.iter().filter_map(|i| row.get(*i).cloned()).collect();
        let key = R::Key::from_cells(&key)
            .ok_or_else(|| shape::<R>(serde::de::Error::custom("the key columns do not fit")))?;
        let row = from_cells(row, &self.columns).map_err(shape::<R>)?;
        self.rows.insert(key, Held { row: Some(row), position, changed: false, stored: true });
        Ok(())
    }

    fn apply(&mut self, event: &AnyRecorded) -> Result<(), FoldError> {
        match R::Sources::keys(event) {
            Keys::None => Ok(()),
            Keys::One(key) => self.fold(key, event),
            Keys::Many(keys) => self.fold_many(keys, event),
        }
    }

    fn rows(&self) -> Result<Vec<(Vec<Cell>, u64)>, FoldError> {
        self.rows
            .values()
            .filter_map(|held| Some((held.row.as_ref()?, held.position)))
            .map(|(row, position)| Ok((self.cells(row)?, position)))
            .collect()
    }

    fn drain(&mut self, most: usize) -> Result<Vec<(Vec<Cell>, u64)>, FoldError> {
        let mut drained = Vec::with_capacity(most.min(self.rows.len()));
        while drained.len() < most
            && let Some((_, held)) = self.rows.pop()
        {
            if let Some(row) = &held.row {
                drained.push((self.cells(row)?, held.position));
            }
        }
        Ok(drained)
    }

    fn changes(&mut self) -> Result<Changes, FoldError> {
        let mut touched: Vec<_> = self.rows.iter().filter(|(_, held)| held.changed).collect();
        touched.sort_by_key(|(key, _)| *key);
        let mut changes = Changes::default();
        for (key, held) in touched {
            match &held.row {
                Some(row) => changes.put.push((self.cells(row)?, held.position)),
                None if held.stored => changes.removed.push(key.cells()),
                None => {}
            }
        }
        for held in self.rows.values_mut() {
            held.stored = held.row.is_some();
            held.changed = false;
        }
        Ok(changes)
    }

    fn held(&self) -> usize {
        self.rows.len()
    }
}
