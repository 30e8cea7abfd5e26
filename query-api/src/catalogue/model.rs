//! One read model.

use std::collections::BTreeSet;

use domain::kernel::{Column, ColumnKind, ReadModelEntry, Registry, Search};

use super::{
    Child, FieldKind, Parent,
    kind::Kinds,
    names::{camel_case, pascal_case, screaming_case},
};

/// A read model under all its names.
#[derive(Debug)]
pub(crate) struct Model {
    /// Its place in the catalogue.
    pub(crate) index: usize,
    /// Its name in the registry.
    pub(crate) name: &'static str,
    /// The name of its table, under which its checkpoints are kept.
    pub(crate) consumer: String,
    /// What it is, for readers of the schema.
    pub(crate) doc: String,
    /// The type of one row: `Invoice`.
    pub(crate) type_name: String,
    /// The query for one row: `invoice`.
    pub(crate) one: String,
    /// The query for a list: `invoices`.
    pub(crate) many: String,
    /// The query for sums over groups of rows: `invoiceGroups`.
    pub(crate) groups: String,
    /// The query of what became of one row.
    pub(crate) history: String,
    /// One per column, in their order.
    pub(crate) fields: Vec<Field>,
    /// The fields that identify a row.
    pub(crate) key: Vec<usize>,
    /// What `id` is.
    pub(crate) id: Id,
    /// The rows that this one points to.
    pub(crate) parents: Vec<Parent>,
    /// The rows that point to this one.
    pub(crate) children: Vec<Child>,
}

/// What the field `id` of a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Id {
    /// One of its columns.
    Column,
    /// All of its key, made opaque.
    OfKey,
}

/// A column and the field that shows it.
#[derive(Debug)]
pub(crate) struct Field {
    /// The column, quoted.
    pub(crate) column: String,
    /// The field: `totalMinor`.
    pub(crate) name: String,
    /// The field where fields are values of an enum: `TOTAL_MINOR`.
    pub(crate) choice: String,
    pub(crate) kind: FieldKind,
    pub(crate) nullable: bool,
    pub(crate) doc: String,
    /// Why nobody should ask for it any more.
    pub(crate) deprecated: Option<String>,
    /// How its values are kept, if they are personal.
    pub(crate) personal: Option<Personal>,
    /// By what its text is found through an index.
    pub(crate) search: Option<Search>,
    /// The field that names the currency of its amounts, if it holds amounts.
    pub(crate) currency: Option<usize>,
}

/// How personal values of a field are kept: sealed, with a keyed hash beside
/// each, by which it can be found, but neither put in order nor searched.
#[derive(Debug)]
pub(crate) struct Personal {
    /// What they are once they are opened.
    pub(crate) kind: ColumnKind,
    /// Where they stand: for this place they are sealed and hashed.
    pub(crate) place: String,
    /// The column of the hashes, quoted. Nested values have none.
    pub(crate) found_by: Option<String>,
}

impl Field {
    /// Whether rows can be put in order or grouped by it.
    pub(crate) const fn is_ordered(&self) -> bool {
        self.personal.is_none() && self.kind.is_ordered()
    }

    /// Whether its values can be added up.
    pub(crate) const fn is_summable(&self) -> bool {
        self.personal.is_none() && self.kind.is_summable()
    }

    /// Whether a least and a greatest value say something and can be had.
    pub(crate) const fn is_measurable(&self) -> bool {
        self.personal.is_none() && self.kind.is_measurable()
    }
}

impl Model {
    pub(super) fn of(registry: &Registry, kinds: &Kinds<'_>) -> Self {
        let entry = kinds.entry;
        let own_key = own_key(entry, registry);
        let fields: Vec<Field> = entry
            .table
            .columns
            .iter()
            .map(|column| {
                let is_id = own_key == Some(column.name.as_str());
                Field::of(kinds, column, is_id)
            })
            .collect();
        let one = camel_case(entry.row);
        let many = match camel_case(entry.name) {
            many if many == one => format!("{many}List"),
            many => many,
        };
        Self {
            index: registry
                .read_models()
                .iter()
                .position(|other| other.name == entry.name)
                .unwrap_or_default(),
            name: entry.name,
            consumer: entry.table_name(),
            doc: entry.table.doc.clone(),
            type_name: pascal_case(entry.row),
            groups: format!("{one}Groups"),
            history: format!("{one}History"),
            one,
            many,
            key: entry.key.iter().filter_map(|name| entry.table.position(name)).collect(),
            id: if fields.iter().any(|field| field.name == "id") { Id::Column } else { Id::OfKey },
            fields,
            parents: vec![],
            children: vec![],
        }
    }

    /// The field of an index that this model gave out.
    pub(crate) fn field(&self, index: usize) -> Option<&Field> {
        self.fields.get(index)
    }

    /// The place of a field by its name in GraphQL.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// The fields that identify a row.
    pub(crate) fn key_fields(&self) -> impl Iterator<Item = &Field> {
        self.key.iter().filter_map(|index| self.fields.get(*index))
    }

    /// Whether any of its values are personal.
    pub(crate) fn is_personal(&self) -> bool {
        self.fields.iter().any(|field| field.personal.is_some())
    }

    /// The types that are made for this model.
    pub(super) fn type_names(&self) -> impl Iterator<Item = String> {
        const PARTS: [&str; 23] = [
            "",
            "Changes",
            "Connection",
            "Edge",
            "Field",
            "Filter",
            "Group",
            "GroupAverages",
            "GroupAveragesFilter",
            "GroupBy",
            "GroupExtremesFilter",
            "GroupFilter",
            "GroupKey",
            "GroupMaxima",
            "GroupMinima",
            "GroupOrder",
            "GroupSums",
            "GroupSumsFilter",
            "Groups",
            "History",
            "ListFilter",
            "Order",
            "Version",
        ];
        PARTS.into_iter().map(|part| format!("{}{part}", self.type_name))
    }

    /// Fields of the row type that would have the same name.
    pub(super) fn field_clashes(&self) -> Vec<String> {
        let columns = self.fields.iter().map(|field| &field.name);
        let parents = self.parents.iter().map(|parent| &parent.name);
        let children = self.children.iter().map(|child| &child.name);
        let mut seen = BTreeSet::new();
        let mut faults = vec![];
        for name in columns.chain(parents).chain(children) {
            if matches!(name.as_str(), "and" | "or" | "not") || !seen.insert(name) {
                faults.push(format!(
                    "the field {name} of {} would mean two things; rename a column",
                    self.type_name
                ));
            }
        }
        faults
    }
}

/// The key column, if the row stands for the aggregate it names.
fn own_key<'a>(entry: &'a ReadModelEntry, registry: &Registry) -> Option<&'a str> {
    let [key] = entry.key else { return None };
    let ColumnKind::Id { aggregate, .. } = &entry.table.column(key)?.kind else { return None };
    let rows = registry.rows_of(aggregate)?;
    let taken = entry.table.column("id").is_some() && *key != "id";
    (rows.name == entry.name && !taken).then_some(*key)
}

impl Field {
    fn of(kinds: &Kinds<'_>, column: &Column, is_id: bool) -> Self {
        let entry = kinds.entry;
        let is_bare_id = matches!(column.kind, ColumnKind::Id { .. })
            && column.name != "id"
            && !column.name.ends_with("_id");
        let name = match column.name.as_str() {
            _ if is_id => "id".to_owned(),
            name if is_bare_id => format!("{name}_id"),
            name => name.to_owned(),
        };
        Self {
            column: quoted(&column.name),
            choice: screaming_case(&name),
            name: camel_case(&name),
            kind: kinds.of(column),
            nullable: column.nullable,
            doc: if column.personal {
                format!("{} Personal: null once it is erased.", column.doc)
            } else {
                column.doc.clone()
            },
            deprecated: column.deprecated.clone(),
            search: column.search,
            currency: currency_of(entry, column),
            personal: column.personal.then(|| Personal {
                kind: column.kind.clone(),
                place: entry.place_of(column),
                found_by: column.match_name().map(|name| quoted(&name)),
            }),
        }
    }
}

/// The column that names the currency of a column of amounts. Amounts are whole
/// numbers of the smallest unit, so their columns are called `…_minor`; what
/// they are in stands beside them in the column `currency`.
fn currency_of(entry: &ReadModelEntry, column: &Column) -> Option<usize> {
    let is_amount = column.kind == ColumnKind::Int && column.name.ends_with("_minor");
    let currency = entry.table.position("currency")?;
    is_amount.then_some(currency)
}

/// A name as SQL takes it literally.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
