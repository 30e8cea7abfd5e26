//! Groups of rows.

use std::sync::Arc;

use async_graphql::dynamic::{
    Field, FieldFuture, FieldValue, InputObject, InputValue, Object, ResolverContext,
    SchemaBuilder, TypeRef,
};

use super::{
    filter::filter_argument,
    group_filter, group_key,
    order::{direction, fields_of},
    scalars::{BIG_INT, DECIMAL, name_of},
    types::{AGE_BUCKETS, GROUP_AGGREGATE, PERIOD},
};
use crate::{
    catalogue::{Field as Column, Model},
    rows::{Grouped, Shared},
    sql::{Aggregate, DECIMALS, Measure},
};

/// One of several groups.
#[derive(Clone)]
pub(super) struct Group {
    pub(super) all: Arc<Grouped>,
    pub(super) index: usize,
}

pub(super) fn name(model: &Model, part: &str) -> String {
    format!("{}Group{part}", model.type_name)
}

/// The type of a model's groups.
pub(super) fn groups_of(model: &Model) -> String {
    name(model, "s")
}

/// The arguments that make groups.
pub(super) fn group_arguments(model: &Model, shared: &Shared) -> [InputValue; 5] {
    let most = shared.settings.page;
    [
        InputValue::new("by", TypeRef::named_nn_list(name(model, "By"))).description(
            "What the rows of a group share. One group of all rows when nothing is said.",
        ),
        filter_argument(model),
        InputValue::new("having", TypeRef::named(group_filter::filter_of(model)))
            .description("Which groups; all of them when nothing is said."),
        InputValue::new("orderBy", TypeRef::named_nn_list(name(model, "Order")))
            .description("In which order; else in that of what the rows share."),
        InputValue::new("first", TypeRef::named(TypeRef::INT))
            .description(format!("How many groups: up to {most}, which is the default.")),
    ]
}

pub(super) fn register(
    schema: SchemaBuilder,
    shared: &Arc<Shared>,
    model: &Model,
) -> SchemaBuilder {
    let mut schema = schema
        .register(by(model))
        .register(order(model))
        .register(groups(model))
        .register(group(model))
        .register(group_key::object(shared, model));
    for (part, aggregate) in measures(model) {
        schema = schema.register(measured(shared, model, part, aggregate));
    }
    group_filter::register(schema, model)
}

fn by(model: &Model) -> InputObject {
    InputObject::new(name(model, "By"))
        .description("What the rows of a group share: a field's value, its period, or its age.")
        .field(
            InputValue::new("field", TypeRef::named_nn(fields_of(model)))
                .description("Which field."),
        )
        .field(
            InputValue::new("every", TypeRef::named(PERIOD))
                .description("For dates and times: the period it falls into."),
        )
        .field(
            InputValue::new("age", TypeRef::named(AGE_BUCKETS))
                .description("For dates and times: how long before a date it lies."),
        )
        .field(
            InputValue::new("timeZone", TypeRef::named(TypeRef::STRING))
                .description("For times: where days begin, like \"Africa/Johannesburg\".")
                .default_value("UTC"),
        )
}

fn order(model: &Model) -> InputObject {
    InputObject::new(name(model, "Order"))
        .description("One term of an order of groups.")
        .field(InputValue::new("by", TypeRef::named_nn(GROUP_AGGREGATE)).description("By what."))
        .field(
            InputValue::new("field", TypeRef::named(fields_of(model)))
                .description("Of which field; for COUNT, of none."),
        )
        .field(direction())
}

fn groups(model: &Model) -> Object {
    Object::new(groups_of(model))
        .description(format!("Groups of rows of `{}`.", model.many))
        .field(
            Field::new("nodes", TypeRef::named_nn_list_nn(name(model, "")), |ctx| {
                let all = ctx.parent_value.downcast_ref::<Arc<Grouped>>();
                FieldFuture::Value(all.map(|all| {
                    let group = |index| FieldValue::owned_any(Group { all: all.clone(), index });
                    FieldValue::list((0..all.len()).map(group))
                }))
            })
            .description("The groups."),
        )
        .field(
            Field::new("hasMore", TypeRef::named_nn(TypeRef::BOOLEAN), |ctx| {
                let all = ctx.parent_value.downcast_ref::<Arc<Grouped>>();
                FieldFuture::Value(all.map(|all| FieldValue::value(all.has_more)))
            })
            .description("Whether there are more groups than were asked for."),
        )
}

/// The measures a model's groups have.
fn measures(model: &Model) -> impl Iterator<Item = (&'static str, Aggregate)> {
    let summable = model.fields.iter().any(Column::is_summable);
    let measurable = model.fields.iter().any(Column::is_measurable);
    [
        ("Sums", Aggregate::Sum, summable),
        ("Averages", Aggregate::Avg, summable),
        ("Minima", Aggregate::Min, measurable),
        ("Maxima", Aggregate::Max, measurable),
    ]
    .into_iter()
    .filter(|(_, _, exists)| *exists)
    .map(|(part, aggregate, _)| (part, aggregate))
}

fn group(model: &Model) -> Object {
    let mut object = Object::new(name(model, ""))
        .description(format!("Some rows of `{}`, taken together.", model.many))
        .field(
            Field::new("key", TypeRef::named_nn(name(model, "Key")), itself)
                .description("What its rows share."),
        )
        .field(
            Field::new("count", TypeRef::named_nn(TypeRef::INT), |ctx| {
                let group = ctx.parent_value.downcast_ref::<Group>();
                FieldFuture::Value(group.map(|it| FieldValue::value(it.all.count(it.index))))
            })
            .description("How many rows it has."),
        );
    for (part, aggregate) in measures(model) {
        let (field, doc) = match aggregate {
            Aggregate::Sum => ("sum", "Sums over its rows; null where all of them are empty."),
            Aggregate::Avg => {
                ("avg", "Means over its rows that are not empty; null where all of them are.")
            }
            Aggregate::Min => ("min", "The least values of its rows."),
            Aggregate::Max => ("max", "The greatest values of its rows."),
        };
        let of = TypeRef::named_nn(name(model, part));
        object = object.field(Field::new(field, of, itself).description(doc));
    }
    object
}

/// The parts of a group are the group, seen as something else.
#[expect(clippy::needless_pass_by_value, reason = "the library wants it so")]
fn itself(context: ResolverContext<'_>) -> FieldFuture<'_> {
    let group = context.parent_value.downcast_ref::<Group>().cloned();
    FieldFuture::Value(group.map(FieldValue::owned_any))
}

fn measured(shared: &Shared, model: &Model, part: &str, aggregate: Aggregate) -> Object {
    let rounded = match aggregate {
        Aggregate::Avg => format!(" Rounded to {DECIMALS} decimals, half away from zero."),
        Aggregate::Sum | Aggregate::Min | Aggregate::Max => String::new(),
    };
    let doc = format!("Worked out over the rows of a group of `{}`.{rounded}", model.many);
    let mut object = Object::new(name(model, part)).description(doc);
    for (index, field) in model.fields.iter().enumerate() {
        let fits = match aggregate {
            Aggregate::Sum | Aggregate::Avg => field.is_summable(),
            Aggregate::Min | Aggregate::Max => field.is_measurable(),
        };
        if !fits {
            continue;
        }
        let of = match aggregate {
            Aggregate::Sum => BIG_INT.to_owned(),
            Aggregate::Avg => DECIMAL.to_owned(),
            Aggregate::Min | Aggregate::Max => name_of(&field.kind, &shared.catalogue),
        };
        let measure = Measure { aggregate, field: index };
        object = object.field(
            Field::new(&field.name, TypeRef::named(of), move |ctx| {
                let group = ctx.parent_value.downcast_ref::<Group>();
                let value = group.and_then(|it| it.all.measure(it.index, measure)).cloned();
                FieldFuture::Value(value.map(FieldValue::value))
            })
            .description(&field.doc),
        );
    }
    object
}

/// Groups as the value of a field.
pub(super) fn value<'a>(groups: Grouped) -> FieldValue<'a> {
    FieldValue::owned_any(Arc::new(groups))
}
