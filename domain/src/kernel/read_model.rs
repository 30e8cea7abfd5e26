//! Read models: what readers see, folded from events.

use std::fmt::Debug;

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use super::{Aggregate, AnyRecorded, Recorded, cell::RowKey};

/// A table of rows folded from the events of one or more aggregates.
///
/// The row type tells everything else: its fields become columns, its doc
/// comments the documentation in SQL and GraphQL, its typed ids relations.
pub trait ReadModel: Sized + Send + Sync + 'static {
    /// The name of the whole: table and list query, `snake_case`, usually
    /// plural: `invoices`.
    const NAME: &'static str;
    /// The name of one row: `invoice`.
    const ROW: &'static str;
    /// Raised whenever the row or the fold changes; each version has its own
    /// table, built from the log.
    const VERSION: u32;
    /// The columns that identify a row, in the order of [`Key`](Self::Key).
    const KEY: &'static [&'static str];
    /// Further column lists that queries are served by, beside the key.
    const INDEXES: &'static [&'static [&'static str]] = &[];
    /// Whether every row is folded from one aggregate alone, the one its key
    /// names. Such a row's past is read from that aggregate's events; any
    /// other row's from the whole tenant's.
    const OF_ONE_AGGREGATE: bool = false;

    /// What identifies a row: an [`Id`](super::Id) or a tuple of key parts.
    type Key: RowKey;
    /// The columns.
    type Row: Serialize + DeserializeOwned + JsonSchema + Clone + PartialEq + Debug + Send + Sync;
    /// The aggregates it folds, as a tuple: `(Invoice,)`.
    type Sources: Sources<Self>;
}

/// How a read model folds the events of an `A`.
pub trait Folds<A: Aggregate>: ReadModel {
    /// Which rows an event touches.
    fn keys(event: &Recorded<A>) -> Keys<Self::Key>;

    /// Creates, changes or removes one of those rows.
    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<A>);
}

/// The rows that an event touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys<K> {
    /// None: the event says nothing to these readers.
    None,
    /// One row.
    One(K),
    /// Several rows.
    Many(Vec<K>),
}

impl<K> From<K> for Keys<K> {
    fn from(key: K) -> Self {
        Self::One(key)
    }
}

impl<K> Keys<K> {
    /// Hands each key on.
    pub fn for_each(self, mut each: impl FnMut(K)) {
        match self {
            Self::None => {}
            Self::One(key) => each(key),
            Self::Many(keys) => keys.into_iter().for_each(each),
        }
    }
}

/// The place of one row, which may be empty.
pub struct Slot<'a, R: ReadModel> {
    key: &'a R::Key,
    row: &'a mut Option<R::Row>,
    /// The row as it was when it was first removed.
    removed: Option<R::Row>,
    was_there: bool,
    missing: bool,
}

impl<'a, R: ReadModel> Slot<'a, R> {
    pub(super) fn new(key: &'a R::Key, row: &'a mut Option<R::Row>) -> Self {
        let was_there = row.is_some();
        Self { key, row, removed: None, was_there, missing: false }
    }

    /// Which row it is.
    #[must_use]
    pub fn key(&self) -> &R::Key {
        self.key
    }

    /// Puts a row in place, whatever was there.
    pub fn put(&mut self, row: R::Row) {
        *self.row = Some(row);
    }

    /// Changes the row that must be there. If it is not, the event cannot be
    /// folded: the row's history is set aside for people to look at.
    pub fn change(&mut self, change: impl FnOnce(&mut R::Row)) {
        match self.row {
            Some(row) => change(row),
            None => self.missing = true,
        }
    }

    /// Changes the row, after putting a first one in place if need be.
    pub fn change_or_start(
        &mut self,
        first: impl FnOnce() -> R::Row,
        change: impl FnOnce(&mut R::Row),
    ) {
        change(self.row.get_or_insert_with(first));
    }

    /// Removes the row, if there is one.
    pub fn remove(&mut self) {
        let removed = self.row.take();
        if self.removed.is_none() {
            self.removed = removed;
        }
    }

    /// Whether a row that must be there was not; then what was there before is
    /// there again.
    pub(super) fn found_missing(self) -> bool {
        if self.missing {
            *self.row = self.removed.filter(|_| self.was_there);
        }
        self.missing
    }
}

/// A tuple of aggregates that a read model folds.
pub trait Sources<R: ReadModel> {
    /// The types of the aggregates.
    fn types() -> Vec<&'static str>;
    /// Shows each of the aggregates to a visitor that needs more than names.
    fn each(visitor: &mut impl SourceVisitor);
    /// The rows that an event touches; none if it is of another aggregate.
    fn keys(event: &AnyRecorded) -> Keys<R::Key>;
    /// Folds an event into one of its rows.
    fn apply(slot: &mut Slot<'_, R>, event: &AnyRecorded);
}

/// Whoever wants to know the aggregates behind a tuple of [`Sources`].
pub trait SourceVisitor {
    /// Takes in one of the aggregates.
    fn visit<A: Aggregate>(&mut self);
}

macro_rules! sources {
    ($($source:ident),+) => {
        impl<R: ReadModel $(+ Folds<$source>)+, $($source: Aggregate),+> Sources<R> for ($($source,)+) {
            fn types() -> Vec<&'static str> {
                vec![$($source::TYPE),+]
            }
            fn each(visitor: &mut impl SourceVisitor) {
                $(visitor.visit::<$source>();)+
            }
            fn keys(event: &AnyRecorded) -> Keys<R::Key> {
                $(if let Some(event) = event.of::<$source>() {
                    return <R as Folds<$source>>::keys(event);
                })+
                Keys::None
            }
            fn apply(slot: &mut Slot<'_, R>, event: &AnyRecorded) {
                $(if let Some(event) = event.of::<$source>() {
                    return <R as Folds<$source>>::apply(slot, event);
                })+
            }
        }
    };
}

sources!(A);
sources!(A, B);
sources!(A, B, C);
sources!(A, B, C, D);
sources!(A, B, C, D, E);
sources!(A, B, C, D, E, F);
