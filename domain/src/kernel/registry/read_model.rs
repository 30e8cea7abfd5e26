//! Read models, as they are declared.

use super::Registry;
use crate::kernel::{Column, Fold, ReadModel, Table, fold::FoldOf, schema};

/// One read model.
pub struct ReadModelEntry {
    /// The context it belongs to.
    pub context: &'static str,
    /// The name of the whole.
    pub name: &'static str,
    /// The name of one row.
    pub row: &'static str,
    /// The version of its row and fold.
    pub version: u32,
    /// Its columns.
    pub table: Table,
    /// Which columns identify a row.
    pub key: &'static [&'static str],
    /// Further column lists that queries are served by.
    pub indexes: &'static [&'static [&'static str]],
    /// Whether every row is folded from the one aggregate its key names.
    pub of_one_aggregate: bool,
    /// How events become rows.
    pub fold: Box<dyn Fold>,
    /// The columns that hold personal data somewhere within.
    nested_personal: Vec<String>,
    /// The columns that ask to be searched and cannot be.
    unsearchable: Vec<String>,
}

impl ReadModelEntry {
    pub(super) fn of<R: ReadModel>(context: &'static str) -> Self {
        Self {
            context,
            name: R::NAME,
            row: R::ROW,
            version: R::VERSION,
            table: schema::table::<R::Row>(),
            key: R::KEY,
            indexes: R::INDEXES,
            of_one_aggregate: R::OF_ONE_AGGREGATE,
            fold: Box::new(FoldOf::<R>::new()),
            nested_personal: schema::nested_personal::<R::Row>(),
            unsearchable: schema::unsearchable::<R::Row>(),
        }
    }

    /// The name of its table: each version has its own.
    #[must_use]
    pub fn table_name(&self) -> String {
        format!("{}_v{}", self.name, self.version)
    }

    /// Where the values of one of its columns stand: personal ones are sealed
    /// for this place, and hashed within it. It is the same in all versions, so
    /// that one of them can be read in place of another.
    #[must_use]
    pub fn place_of(&self, column: &Column) -> String {
        format!("{}.{}", self.name, column.name)
    }
}

impl ReadModelEntry {
    pub(super) fn former_faults(&self, registry: &Registry, faults: &mut Vec<String>) {
        let Self { name, version, .. } = self;
        match registry.read_model(name).map(|current| current.version) {
            None => faults.push(format!("{name}: has a former version, but no current one")),
            Some(current) if *version >= current => faults.push(format!(
                "{name}: version {version} is no former one; the current one is {current}"
            )),
            Some(_) => {}
        }
        let same = |other: &&Self| other.name == *name && other.version == *version;
        if registry.read_models.iter().filter(same).count() > 1 {
            faults.push(format!("{name}: version {version} is declared twice"));
        }
    }

    pub(super) fn faults(&self, registry: &Registry, faults: &mut Vec<String>) {
        let name = self.name;
        if self.table.doc.is_empty() {
            faults.push(format!("{name}: the row has no doc comment"));
        }
        for column in &self.table.columns {
            if column.doc.is_empty() {
                faults.push(format!("{name}.{}: has no doc comment", column.name));
            }
            if RESERVED_COLUMNS.contains(&column.name.as_str()) {
                faults.push(format!("{name}.{}: the name is reserved", column.name));
            }
            if column.match_name().is_some_and(|taken| self.table.column(&taken).is_some()) {
                faults.push(format!(
                    "{name}.{0}_match: the name is taken by what finds the personal {0}",
                    column.name
                ));
            }
        }
        let lists = std::iter::once(&self.key).chain(self.indexes.iter());
        for column in lists.copied().flatten() {
            if self.table.column(column).is_none() {
                faults.push(format!("{name}: key or index names {column}, which is no column"));
            }
        }
        for column in &self.nested_personal {
            faults.push(format!(
                "{name}.{column}: holds personal data within, where it cannot be forgotten; give \
                 it a column of its own"
            ));
        }
        for column in &self.unsearchable {
            faults.push(format!(
                "{name}.{column}: x-search is \"parts\" or \"words\", of text that is not personal"
            ));
        }
        for key in self.key {
            if self.table.column(key).is_some_and(|column| column.nullable) {
                faults.push(format!("{name}.{key}: a key column cannot be empty or personal"));
            }
        }
        for source in self.fold.sources() {
            if registry.aggregate(source).is_none() {
                faults.push(format!("{name}: folds {source}, which is not registered"));
            }
        }
    }
}

/// Columns that every read table has.
const RESERVED_COLUMNS: &[&str] = &["tenant_id", "updated_position"];
