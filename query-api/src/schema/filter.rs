//! Filters of rows and of single values.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::dynamic::{InputObject, InputValue, SchemaBuilder, TypeRef};
use domain::kernel::Search;

use super::{
    nested_filter,
    scalars::{BIG_INT, DATE, DATE_TIME, DECIMAL, JSON, name_of},
};
use crate::catalogue::{Catalogue, Field, FieldKind, Model};

/// The filter of a model's rows.
pub(super) fn filter_of(model: &Model) -> String {
    format!("{}Filter", model.type_name)
}

pub(super) fn filter_argument(model: &Model) -> InputValue {
    InputValue::new("filter", TypeRef::named(filter_of(model)))
        .description("Which rows; all of them when nothing is said.")
}

/// The filters of single values that something is filtered by.
pub(super) fn used(catalogue: &Catalogue) -> BTreeSet<String> {
    let fields = || catalogue.models.iter().flat_map(|model| &model.fields);
    let objects = catalogue.objects();
    let nested = objects.values().flat_map(|object| &object.fields);
    // Groups are filtered by their counts, and by what is worked out.
    let decimals = fields().any(Field::is_summable).then(|| DECIMAL_FILTER.to_owned());
    fields()
        .map(|field| filter_for(field, catalogue))
        .chain(nested.map(|field| scalar_filter_of(&field.kind, catalogue)))
        .chain(nested_filter::lists(catalogue).into_values())
        .chain([BIG_INT_FILTER.to_owned()])
        .chain(decimals)
        .collect()
}

/// The filter of counts.
pub(super) const BIG_INT_FILTER: &str = "BigIntFilter";

/// The filter of sums and means.
pub(super) const DECIMAL_FILTER: &str = "DecimalFilter";

/// The filter of what has no type of its own.
const JSON_FILTER: &str = "JSONFilter";

pub(super) fn register(
    mut schema: SchemaBuilder,
    catalogue: &Catalogue,
    used: &BTreeSet<String>,
) -> SchemaBuilder {
    for (name, of, operators) in [
        ("BooleanFilter", TypeRef::BOOLEAN, &[EQUAL][..]),
        (BIG_INT_FILTER, BIG_INT, &[EQUAL, LISTS, RANGES]),
        (DECIMAL_FILTER, DECIMAL, &[EQUAL, LISTS, RANGES]),
        ("StringFilter", TypeRef::STRING, &[EQUAL, LISTS, RANGES, PARTS]),
        (WORDS_FILTER, TypeRef::STRING, &[EQUAL, LISTS, RANGES, PARTS, WORDS]),
        ("IDFilter", TypeRef::ID, &[EQUAL, LISTS]),
        ("DateTimeFilter", DATE_TIME, &[EQUAL, LISTS, RANGES]),
        ("DateFilter", DATE, &[EQUAL, LISTS, RANGES]),
    ] {
        if used.contains(name) {
            schema = schema.register(scalar_filter(name, of, operators));
        }
    }
    if used.contains(JSON_FILTER) {
        schema = schema.register(json_filter());
    }
    for it in &catalogue.enums {
        let name = format!("{}Filter", it.name);
        if used.contains(&name) {
            schema = schema.register(scalar_filter(&name, &it.name, &[EQUAL, LISTS]));
        }
    }
    schema = nested_filter::register(schema, catalogue);
    for (name, of) in personal_filters(catalogue) {
        schema = schema.register(personal_filter(&name, of.as_deref()));
    }
    for model in &catalogue.models {
        schema = schema.register(row_filter(catalogue, model));
        let is_pointing = |other: &Model| {
            other.children.iter().any(|child| child.from == model.index && !child.only)
        };
        if catalogue.models.iter().any(is_pointing) {
            schema = schema.register(list_filter(model));
        }
    }
    schema
}

/// An operator, whether it takes a list, and what it means.
type Operator = (&'static str, bool, &'static str);

const EQUAL: &[Operator] =
    &[("eq", false, "Is this."), ("ne", false, "Is not this; an empty field is not.")];
const LISTS: &[Operator] = &[
    ("in", true, "Is one of these; no row is, of none."),
    ("notIn", true, "Is none of these; an empty field is none."),
];
const RANGES: &[Operator] = &[
    ("lt", false, "Is less than this."),
    ("lte", false, "Is this or less."),
    ("gt", false, "Is greater than this."),
    ("gte", false, "Is this or greater."),
];
const PARTS: &[Operator] = &[
    ("contains", false, "Has this somewhere, in upper or lower case."),
    ("startsWith", false, "Begins with this, in upper or lower case."),
    ("endsWith", false, "Ends with this, in upper or lower case."),
];

const WORDS: &[Operator] = &[(
    "words",
    false,
    "Has these words, in upper or lower case; not those after a minus sign; one side or the other \
     of an OR; those in quotes side by side.",
)];

/// The filter of text that is found by its words.
const WORDS_FILTER: &str = "SearchedStringFilter";

fn scalar_filter(name: &str, of: &str, operators: &[&[Operator]]) -> InputObject {
    let mut filter = InputObject::new(name)
        .description(format!("What is asked of a field of type {of}; all of it must hold."));
    for (name, takes_list, doc) in operators.iter().copied().flatten() {
        let of = if *takes_list { TypeRef::named_nn_list(of) } else { TypeRef::named(of) };
        filter = filter.field(InputValue::new(*name, of).description(*doc));
    }
    filter.field(is_null())
}

const SAME: &[Operator] = &[
    ("eq", false, "Is this."),
    ("ne", false, "Is not this; an erased or empty field is not."),
    ("in", true, "Is one of these; no row is, of none."),
    ("notIn", true, "Is none of these; an erased or empty field is none."),
];

/// The filters of personal fields, and the types of what they take.
fn personal_filters(catalogue: &Catalogue) -> BTreeMap<String, Option<String>> {
    let fields = catalogue.models.iter().flat_map(|model| &model.fields);
    let personal = fields.filter(|field| field.personal.is_some());
    let filter = |field: &Field| {
        let of = (field.kind != FieldKind::Json).then(|| name_of(&field.kind, catalogue));
        (filter_for(field, catalogue), of)
    };
    personal.map(filter).collect()
}

fn personal_filter(name: &str, of: Option<&str>) -> InputObject {
    let mut filter = InputObject::new(name).description(
        "What is asked of a personal field; all of it must hold. Such a value is kept sealed: it \
         can be compared for being the same, in upper or lower case and without regard to space \
         around it, but rows cannot be searched for parts of it, put in order or grouped by it.",
    );
    for (name, takes_list, doc) in of.map_or(&[][..], |_| SAME) {
        let of = of.unwrap_or_default();
        let of = if *takes_list { TypeRef::named_nn_list(of) } else { TypeRef::named(of) };
        filter = filter.field(InputValue::new(*name, of).description(*doc));
    }
    filter.field(
        InputValue::new("isNull", TypeRef::named(TypeRef::BOOLEAN))
            .description("Is erased or empty, or is not."),
    )
}

fn json_filter() -> InputObject {
    InputObject::new(JSON_FILTER)
        .description("What is asked of a field of type JSON; all of it must hold.")
        .field(InputValue::new("contains", TypeRef::named(JSON)).description(
            "Has this in it, as PostgreSQL's @> finds it: every key of an object with its value, \
             every element of a list, at the same level.",
        ))
        .field(is_null())
}

/// A filter whose parts can be joined.
pub(super) fn logical(name: &str, doc: String) -> InputObject {
    let several = || TypeRef::named_nn_list(name);
    InputObject::new(name)
        .description(doc)
        .field(InputValue::new("and", several()).description("All of these hold."))
        .field(
            InputValue::new("or", several()).description("One of these holds; none does, of none."),
        )
        .field(InputValue::new("not", TypeRef::named(name)).description("This does not hold."))
}

pub(super) fn is_null() -> InputValue {
    InputValue::new("isNull", TypeRef::named(TypeRef::BOOLEAN)).description("Is empty, or is not.")
}

fn row_filter(catalogue: &Catalogue, model: &Model) -> InputObject {
    let doc = format!("Which rows of `{}`; all of it must hold.", model.many);
    let mut filter = logical(&filter_of(model), doc);
    for field in &model.fields {
        let of = TypeRef::named(filter_for(field, catalogue));
        let found = match field.search {
            Some(Search::Parts) => " Parts of three letters or more are found by an index.",
            Some(Search::Words) => " Its words are found by an index.",
            None => "",
        };
        let value = InputValue::new(&field.name, of).description(format!("{}{found}", field.doc));
        filter = filter.field(match &field.deprecated {
            Some(reason) => value.deprecation(Some(reason)),
            None => value,
        });
    }
    for parent in &model.parents {
        let Some(to) = catalogue.model(parent.to) else { continue };
        let of = TypeRef::named(filter_of(to));
        let doc = format!("There is a `{}`, and this holds of it.", parent.name);
        filter = filter.field(InputValue::new(&parent.name, of).description(doc));
    }
    for child in &model.children {
        let Some(from) = catalogue.model(child.from) else { continue };
        let (of, doc) = if child.only {
            (filter_of(from), format!("There is a `{}`, and this holds of it.", from.one))
        } else {
            (
                list_filter_of(from),
                format!("What is asked of the rows of `{}` that point to it.", from.many),
            )
        };
        filter = filter.field(InputValue::new(&child.name, TypeRef::named(of)).description(doc));
    }
    filter
}

fn list_filter_of(model: &Model) -> String {
    format!("{}ListFilter", model.type_name)
}

fn list_filter(model: &Model) -> InputObject {
    let of = || TypeRef::named(filter_of(model));
    InputObject::new(list_filter_of(model))
        .description(format!("What is asked of a list of `{}`; all of it must hold.", model.many))
        .field(InputValue::new("some", of()).description("This holds of one or more of them."))
        .field(InputValue::new("every", of()).description("This holds of each of them, if any."))
        .field(InputValue::new("none", of()).description("This holds of none of them."))
}

fn filter_for(field: &Field, catalogue: &Catalogue) -> String {
    if field.search == Some(Search::Words) {
        return WORDS_FILTER.to_owned();
    }
    let name = scalar_filter_of(&field.kind, catalogue);
    if field.personal.is_some() { format!("Personal{name}") } else { name }
}

/// The filter of values of a kind.
pub(super) fn scalar_filter_of(kind: &FieldKind, catalogue: &Catalogue) -> String {
    let name = match kind {
        FieldKind::Bool => "BooleanFilter",
        FieldKind::Int => BIG_INT_FILTER,
        FieldKind::Decimal => DECIMAL_FILTER,
        FieldKind::Text => "StringFilter",
        FieldKind::Id { .. } => "IDFilter",
        FieldKind::Timestamp => "DateTimeFilter",
        FieldKind::Date => "DateFilter",
        FieldKind::Json => JSON_FILTER,
        FieldKind::List(item) => return nested_filter::list_filter_of(&item.kind, catalogue),
        FieldKind::Object(object) => return format!("{}Filter", object.name),
        FieldKind::Enum(index) => {
            let it = catalogue.enums.get(*index);
            return it.map_or_else(|| "StringFilter".into(), |it| format!("{}Filter", it.name));
        }
    };
    name.to_owned()
}
