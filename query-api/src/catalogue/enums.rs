//! Enums: each list of words under one name.

use std::collections::BTreeSet;

use domain::kernel::{Column, ColumnKind, ReadModelEntry, Registry, Word};

use super::{
    kind::all_columns,
    names::{self, pascal_case, screaming_case},
};

/// An enum: its words in SQL and its values in GraphQL, side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EnumType {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) words: Vec<Word>,
    pub(crate) values: Vec<String>,
}

impl EnumType {
    /// The value in GraphQL of a word in SQL.
    pub(crate) fn value(&self, word: &str) -> Option<&str> {
        let place = self.words.iter().position(|known| known.name == word)?;
        self.values.get(place).map(String::as_str)
    }

    /// The word in SQL of a value in GraphQL.
    pub(crate) fn word(&self, value: &str) -> Option<&str> {
        let place = self.values.iter().position(|known| known == value)?;
        self.words.get(place).map(|word| word.name.as_str())
    }
}

pub(super) struct Enums {
    pub(super) types: Vec<EnumType>,
    pub(super) faults: Vec<String>,
}

/// All enums. Where two contexts use one name for different words, each row
/// gets its own, named after it.
pub(super) fn of(registry: &Registry) -> Enums {
    let mut enums = Enums { types: vec![], faults: vec![] };
    let ambiguous = ambiguous(registry);
    for (entry, column) in enum_columns(registry) {
        let Some((name, doc, words)) = name_of(entry, column, &ambiguous) else { continue };
        if enums.types.iter().any(|known| known.name == name) {
            continue;
        }
        let values: Vec<String> = words.iter().map(|word| screaming_case(&word.name)).collect();
        if values.iter().collect::<BTreeSet<_>>().len() < values.len() {
            enums.faults.push(format!("two words of the enum {name} are written the same"));
        }
        enums.types.push(EnumType { name, doc: doc.to_owned(), words: words.clone(), values });
    }
    enums
}

/// The place of a column's enum in the list.
pub(super) fn index_of(types: &[EnumType], entry: &ReadModelEntry, column: &Column) -> usize {
    let ColumnKind::Enum { name, values, .. } = &column.kind else { return 0 };
    let plain = if name.is_empty() { fallback(entry, column) } else { name.clone() };
    let own = own_name(entry, &plain);
    types
        .iter()
        .position(|it| it.words == *values && (it.name == plain || it.name == own))
        .unwrap_or_default()
}

fn enum_columns(registry: &Registry) -> impl Iterator<Item = (&ReadModelEntry, &Column)> {
    registry.read_models().iter().flat_map(|entry| {
        all_columns(entry)
            .into_iter()
            .filter(|column| matches!(column.kind, ColumnKind::Enum { .. }))
            .map(move |column| (entry, column))
    })
}

/// Names that stand for more than one list of words.
fn ambiguous(registry: &Registry) -> BTreeSet<String> {
    names::ambiguous(enum_columns(registry).filter_map(|(_, column)| match &column.kind {
        ColumnKind::Enum { name, values, .. } => Some((name.as_str(), values)),
        _ => None,
    }))
}

fn name_of<'a>(
    entry: &ReadModelEntry,
    column: &'a Column,
    ambiguous: &BTreeSet<String>,
) -> Option<(String, &'a str, &'a Vec<Word>)> {
    let ColumnKind::Enum { name, doc, values } = &column.kind else { return None };
    let name = match name.as_str() {
        "" => fallback(entry, column),
        name if ambiguous.contains(name) => own_name(entry, name),
        name => name.to_owned(),
    };
    Some((name, doc, values))
}

fn fallback(entry: &ReadModelEntry, column: &Column) -> String {
    format!("{}{}", pascal_case(entry.row), pascal_case(&column.name))
}

fn own_name(entry: &ReadModelEntry, name: &str) -> String {
    format!("{}{name}", pascal_case(entry.row))
}
