//! Filters of what is nested in rows.

use std::collections::BTreeMap;

use async_graphql::dynamic::{InputObject, InputValue, SchemaBuilder, TypeRef};

use super::filter::{is_null, logical, scalar_filter_of};
use crate::catalogue::{Catalogue, FieldKind, ObjectType};

pub(super) fn register(mut schema: SchemaBuilder, catalogue: &Catalogue) -> SchemaBuilder {
    for (name, item) in lists(catalogue) {
        schema = schema.register(list_filter(&name, &item));
    }
    for object in catalogue.objects().values() {
        schema = schema.register(object_filter(object, catalogue));
    }
    schema
}

/// The filters of nested lists, each with that of its elements.
pub(super) fn lists(catalogue: &Catalogue) -> BTreeMap<String, String> {
    let mut lists = BTreeMap::new();
    for field in catalogue.models.iter().flat_map(|model| &model.fields) {
        if field.personal.is_none() {
            add_lists(&field.kind, catalogue, &mut lists);
        }
    }
    lists
}

/// The filter of a list of such elements.
pub(super) fn list_filter_of(item: &FieldKind, catalogue: &Catalogue) -> String {
    let of_item = scalar_filter_of(item, catalogue);
    format!("{}ListFilter", of_item.strip_suffix("Filter").unwrap_or(&of_item))
}

/// Adds the filters of lists in a field, each with that of its elements.
fn add_lists(kind: &FieldKind, catalogue: &Catalogue, to: &mut BTreeMap<String, String>) {
    match kind {
        FieldKind::List(item) => {
            let name = list_filter_of(&item.kind, catalogue);
            to.insert(name, scalar_filter_of(&item.kind, catalogue));
            add_lists(&item.kind, catalogue, to);
        }
        FieldKind::Object(object) => {
            object.fields.iter().for_each(|field| add_lists(&field.kind, catalogue, to));
        }
        _ => {}
    }
}

fn list_filter(name: &str, item: &str) -> InputObject {
    let of = || TypeRef::named(item);
    InputObject::new(name)
        .description("What is asked of a nested list; all of it must hold.")
        .field(InputValue::new("some", of()).description("This holds of one or more elements."))
        .field(InputValue::new("every", of()).description("This holds of each element, if any."))
        .field(InputValue::new("none", of()).description("This holds of no element."))
        .field(is_null())
}

fn object_filter(object: &ObjectType, catalogue: &Catalogue) -> InputObject {
    let name = format!("{}Filter", object.name);
    let doc = format!("What is asked of a nested `{}`; all of it must hold.", object.name);
    let mut filter = logical(&name, doc);
    for field in &object.fields {
        let of = TypeRef::named(scalar_filter_of(&field.kind, catalogue));
        let value = InputValue::new(&field.name, of).description(&field.doc);
        filter = filter.field(match &field.deprecated {
            Some(reason) => value.deprecation(Some(reason)),
            None => value,
        });
    }
    filter.field(is_null())
}
