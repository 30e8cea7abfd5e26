//! What fields hold, and the objects nested in them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::kernel::{Column, ColumnKind, Nested, Object, ReadModelEntry, Registry};

use super::{
    EnumType, enums,
    names::{self, camel_case, pascal_case},
};

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FieldKind {
    Bool,
    Int,
    /// A number with decimals, as averages are; no column holds one.
    Decimal,
    Text,
    /// By its place in the catalogue.
    Enum(usize),
    /// The aggregate's type and what its ids begin with.
    Id {
        aggregate: String,
        prefix: String,
    },
    Timestamp,
    Date,
    /// A nested list.
    List(Box<Item>),
    /// A nested object.
    Object(Arc<ObjectType>),
    /// Something nested of which no more is known.
    Json,
}

/// The elements of a nested list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) kind: FieldKind,
    pub(crate) nullable: bool,
}

/// A nested object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ObjectType {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) fields: Vec<ObjectField>,
}

/// A field of a nested object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ObjectField {
    /// Its name in JSON, where it is stored.
    pub(crate) key: String,
    /// Its name in GraphQL.
    pub(crate) name: String,
    pub(crate) kind: FieldKind,
    pub(crate) nullable: bool,
    pub(crate) doc: String,
    pub(crate) deprecated: Option<String>,
}

impl ObjectType {
    /// The field of a name in GraphQL.
    pub(crate) fn field(&self, name: &str) -> Option<&ObjectField> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl FieldKind {
    /// Whether it is one value, not something nested.
    pub(crate) const fn is_ordered(&self) -> bool {
        !matches!(self, Self::Json | Self::List(_) | Self::Object(_))
    }

    /// Whether values can be added up.
    pub(crate) const fn is_summable(&self) -> bool {
        matches!(self, Self::Int)
    }

    /// Whether a least and a greatest value say something.
    pub(crate) const fn is_measurable(&self) -> bool {
        matches!(self, Self::Int | Self::Timestamp | Self::Date)
    }

    /// Whether it is a day or a moment.
    pub(crate) const fn is_time(&self) -> bool {
        matches!(self, Self::Timestamp | Self::Date)
    }

    /// Adds the objects nested in it, by their names. Those of one name are the
    /// same.
    pub(super) fn add_objects(&self, to: &mut BTreeMap<String, Arc<ObjectType>>) {
        match self {
            Self::List(item) => item.kind.add_objects(to),
            Self::Object(object) => {
                to.insert(object.name.clone(), object.clone());
                object.fields.iter().for_each(|field| field.kind.add_objects(to));
            }
            _ => {}
        }
    }
}

/// Makes kinds of the columns of one row.
pub(super) struct Kinds<'a> {
    pub(super) entry: &'a ReadModelEntry,
    pub(super) enums: &'a [EnumType],
    /// Names that stand for more than one object; each row gets its own.
    pub(super) ambiguous: &'a BTreeSet<String>,
}

impl Kinds<'_> {
    pub(super) fn of(&self, column: &Column) -> FieldKind {
        self.nested(column, &pascal_case(&column.name))
    }

    /// `path` names what has no name of its own.
    fn nested(&self, column: &Column, path: &str) -> FieldKind {
        match &column.kind {
            ColumnKind::Bool => FieldKind::Bool,
            ColumnKind::Int => FieldKind::Int,
            ColumnKind::Text => FieldKind::Text,
            ColumnKind::Enum { .. } => {
                FieldKind::Enum(enums::index_of(self.enums, self.entry, column))
            }
            ColumnKind::Id { aggregate, prefix } => {
                FieldKind::Id { aggregate: aggregate.clone(), prefix: prefix.clone() }
            }
            ColumnKind::Timestamp => FieldKind::Timestamp,
            ColumnKind::Date => FieldKind::Date,
            ColumnKind::Json => match &column.nested {
                Some(Nested::List(element)) => FieldKind::List(Box::new(Item {
                    kind: self.nested(element, path),
                    nullable: element.nullable,
                })),
                Some(Nested::Object(object)) => {
                    FieldKind::Object(Arc::new(self.object(object, path)))
                }
                None => FieldKind::Json,
            },
        }
    }

    fn object(&self, object: &Object, path: &str) -> ObjectType {
        let row = pascal_case(self.entry.row);
        let name = match object.name.as_str() {
            "" => format!("{row}{path}"),
            name if self.ambiguous.contains(name) => format!("{row}{name}"),
            name => name.to_owned(),
        };
        let field = |field: &Column| ObjectField {
            key: field.name.clone(),
            name: camel_case(&field.name),
            kind: self.nested(field, &format!("{path}{}", pascal_case(&field.name))),
            nullable: field.nullable,
            doc: field.doc.clone(),
            deprecated: field.deprecated.clone(),
        };
        ObjectType {
            name,
            doc: object.doc.clone(),
            fields: object.fields.iter().map(field).collect(),
        }
    }
}

/// The names of objects that stand for more than one.
pub(super) fn ambiguous(registry: &Registry) -> BTreeSet<String> {
    let columns = registry.read_models().iter().flat_map(all_columns);
    names::ambiguous(columns.filter_map(|column| match &column.nested {
        Some(Nested::Object(object)) => Some((object.name.as_str(), object)),
        _ => None,
    }))
}

/// The columns of a row, and those that are nested in them.
pub(super) fn all_columns(entry: &ReadModelEntry) -> Vec<&Column> {
    fn add<'a>(column: &'a Column, to: &mut Vec<&'a Column>) {
        to.push(column);
        match &column.nested {
            Some(Nested::List(element)) => add(element, to),
            Some(Nested::Object(object)) => object.fields.iter().for_each(|field| add(field, to)),
            None => {}
        }
    }
    let mut columns = vec![];
    entry.table.columns.iter().for_each(|column| add(column, &mut columns));
    columns
}
