//! Filters of groups.

use async_graphql::dynamic::{InputObject, InputValue, SchemaBuilder, TypeRef};

use super::{
    filter::{BIG_INT_FILTER, DECIMAL_FILTER, logical},
    groups::name,
};
use crate::catalogue::{Field, FieldKind, Model};

/// The filter of a model's groups.
pub(super) fn filter_of(model: &Model) -> String {
    name(model, "Filter")
}

pub(super) fn register(mut schema: SchemaBuilder, model: &Model) -> SchemaBuilder {
    let mut filter = group_filter(model);
    let summable = model.fields.iter().any(Field::is_summable);
    let measurable = model.fields.iter().any(Field::is_measurable);
    for (field, part, doc, exists) in [
        ("sum", "SumsFilter", "What is asked of sums over its rows.", summable),
        ("avg", "AveragesFilter", "What is asked of means over its rows.", summable),
        ("min", "ExtremesFilter", "What is asked of its rows' least values.", measurable),
        ("max", "ExtremesFilter", "What is asked of its rows' greatest values.", measurable),
    ] {
        if exists {
            let of = TypeRef::named(name(model, part));
            filter = filter.field(InputValue::new(field, of).description(doc));
        }
    }
    if summable {
        let numbers = |part| measures(model, part, Field::is_summable, |_| DECIMAL_FILTER);
        schema = schema.register(numbers("SumsFilter")).register(numbers("AveragesFilter"));
    }
    if measurable {
        let of = |kind: &FieldKind| match kind {
            FieldKind::Date => "DateFilter",
            FieldKind::Timestamp => "DateTimeFilter",
            _ => BIG_INT_FILTER,
        };
        schema = schema.register(measures(model, "ExtremesFilter", Field::is_measurable, of));
    }
    schema.register(filter)
}

fn group_filter(model: &Model) -> InputObject {
    let doc = format!("Which groups of rows of `{}`; all of it must hold.", model.many);
    logical(&filter_of(model), doc).field(
        InputValue::new("count", TypeRef::named(BIG_INT_FILTER))
            .description("What is asked of how many rows it has."),
    )
}

fn measures(
    model: &Model,
    part: &str,
    fits: impl Fn(&Field) -> bool,
    of: impl Fn(&FieldKind) -> &'static str,
) -> InputObject {
    let filter = InputObject::new(name(model, part))
        .description("What is asked of what was worked out; all of it must hold.");
    model.fields.iter().filter(|field| fits(field)).fold(filter, |filter, field| {
        let of = TypeRef::named(of(&field.kind));
        filter.field(InputValue::new(&field.name, of).description(&field.doc))
    })
}
