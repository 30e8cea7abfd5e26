//! The read models as GraphQL and SQL know them: names, kinds and relations,
//! worked out once from the registry.
//!
//! Whatever a query may name is in here, so no name in a statement ever comes
//! from a request. A typed id makes two fields: `customer_id` is read as
//! `customerId`, and `customer` is the row it points to. A row that stands for
//! its aggregate calls its key `id`, whatever the column is called; any other
//! row gets an `id` made of its key, so that clients can cache it.

mod enums;
mod kind;
mod model;
pub(crate) mod names;
mod relations;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::kernel::Registry;

use kind::Kinds;

pub(crate) use enums::EnumType;
pub(crate) use kind::{FieldKind, ObjectField, ObjectType};
pub(crate) use model::{Field, Id, Model, Personal, quoted};
pub(crate) use relations::{Child, Parent};

use crate::schema::PROJECTIONS;

/// All read models, in the order of their declaration.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) models: Vec<Model>,
    pub(crate) enums: Vec<EnumType>,
}

/// Declarations from which no unambiguous GraphQL schema follows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the read models make no GraphQL schema:\n{}", .0.join("\n"))]
pub struct CatalogueError(pub(crate) Vec<String>);

impl Catalogue {
    /// # Errors
    /// Names that would mean two things.
    pub(crate) fn of(registry: &Registry) -> Result<Self, CatalogueError> {
        let enums = enums::of(registry);
        let ambiguous = kind::ambiguous(registry);
        let mut models: Vec<Model> = registry
            .read_models()
            .iter()
            .map(|entry| {
                let kinds = Kinds { entry, enums: &enums.types, ambiguous: &ambiguous };
                Model::of(registry, &kinds)
            })
            .collect();
        relations::connect(&mut models, registry);
        let mut faults = enums.faults;
        let catalogue = Self { models, enums: enums.types };
        faults.extend(clashes(&catalogue));
        if faults.is_empty() { Ok(catalogue) } else { Err(CatalogueError(faults)) }
    }

    /// The objects that are nested in rows, by their names.
    pub(crate) fn objects(&self) -> BTreeMap<String, Arc<ObjectType>> {
        let mut objects = BTreeMap::new();
        for field in self.models.iter().flat_map(|model| &model.fields) {
            field.kind.add_objects(&mut objects);
        }
        objects
    }

    /// The model of an index that this catalogue gave out.
    pub(crate) fn model(&self, index: usize) -> Option<&Model> {
        self.models.get(index)
    }
}

/// Types that are there whatever is declared.
const OWN_TYPES: &[&str] = &[
    "AgeBucket",
    "AgeBuckets",
    "AsOf",
    "BigInt",
    "BigIntFilter",
    "Boolean",
    "BooleanFilter",
    "Date",
    "DateFilter",
    "DateTime",
    "DateTimeFilter",
    "Decimal",
    "DecimalFilter",
    "FieldChange",
    "Float",
    "GroupAggregate",
    "ID",
    "IDFilter",
    "Int",
    "JSON",
    "JSONFilter",
    "NullsOrder",
    "OrderDirection",
    "PageInfo",
    "Period",
    "PersonalBigIntFilter",
    "PersonalBooleanFilter",
    "PersonalDateFilter",
    "PersonalDateTimeFilter",
    "PersonalIDFilter",
    "PersonalJSONFilter",
    "PersonalStringFilter",
    "Projection",
    "ProjectionBuild",
    "ProjectionState",
    "Query",
    "SearchedStringFilter",
    "String",
    "StringFilter",
    "Subscription",
];

fn clashes(catalogue: &Catalogue) -> Vec<String> {
    let Catalogue { models, enums } = catalogue;
    let mut faults = vec![];
    let mut types: BTreeSet<String> = OWN_TYPES.iter().map(|&name| name.to_owned()).collect();
    let of_models = models.iter().flat_map(Model::type_names);
    let of_enums = enums.iter().flat_map(|it| {
        let filter = |what: &str| format!("{what}{}Filter", it.name);
        [it.name.clone(), filter(""), filter("Personal"), format!("{}ListFilter", it.name)]
    });
    let of_objects = catalogue.objects().into_keys();
    let of_objects =
        of_objects.flat_map(|name| [format!("{name}Filter"), format!("{name}ListFilter"), name]);
    for name in of_models.chain(of_enums).chain(of_objects) {
        if types.contains(&name) {
            faults.push(format!(
                "the type {name} is made twice; rename a row, an enum or what is nested"
            ));
        }
        types.insert(name);
    }
    let mut roots = BTreeMap::from([(PROJECTIONS.to_owned(), "the state of read models")]);
    for model in models {
        for name in [&model.one, &model.many, &model.groups, &model.history] {
            if let Some(other) = roots.insert(name.clone(), model.name) {
                faults.push(format!(
                    "the query {name} would read both {other} and {}; rename one",
                    model.name
                ));
            }
        }
        faults.extend(model.field_clashes());
    }
    faults
}

#[cfg(test)]
mod tests;
