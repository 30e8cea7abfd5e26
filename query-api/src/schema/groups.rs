//! Groups of rows.

use std::sync::Arc;

use async_graphql::dynamic::{
    Field, FieldFuture, FieldValue, InputObject, InputValue, Object, ResolverContext,
    SchemaBuilder, TypeRef,
};

use super::{
    filter::filter_argument,
    order::{direction, fields_of},
    report::settle,
    scalars::{BIG_INT, name_of},
    types::{AGE_BUCKET, AGE_BUCKETS, GROUP_AGGREGATE, PERIOD},
};
use crate::{
    catalogue::{Field as Column, Model, Parent},
    problem::Problem,
    rows::{Grouped, Shared, read_parents, row_fields},
    sql::{Aggregate, Measure},
};

/// One of several groups.
#[derive(Clone)]
struct Group {
    all: Arc<Grouped>,
    index: usize,
}

fn name(model: &Model, part: &str) -> String {
    format!("{}Group{part}", model.type_name)
}

/// The type of a model's groups.
pub(super) fn groups_of(model: &Model) -> String {
    name(model, "s")
}

/// The arguments that make groups.
pub(super) fn group_arguments(model: &Model, shared: &Shared) -> [InputValue; 4] {
    let most = shared.settings.page;
    [
        InputValue::new("by", TypeRef::named_nn_list(name(model, "By"))).description(
            "What the rows of a group share. One group of all rows when nothing is said.",
        ),
        filter_argument(model),
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
        .register(key(shared, model));
    for (part, aggregate) in measures(model) {
        schema = schema.register(measured(shared, model, part, aggregate));
    }
    schema
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
    let mut object = Object::new(name(model, part))
        .description(format!("Worked out over the rows of a group of `{}`.", model.many));
    for (index, field) in model.fields.iter().enumerate() {
        let fits = match aggregate {
            Aggregate::Sum => field.is_summable(),
            Aggregate::Min | Aggregate::Max => field.is_measurable(),
        };
        if !fits {
            continue;
        }
        let of = match aggregate {
            Aggregate::Sum => BIG_INT.to_owned(),
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

fn key(shared: &Shared, model: &Model) -> Object {
    let mut object = Object::new(name(model, "Key"))
        .description("What the rows of a group share; null where they are not grouped by it.");
    for (index, field) in model.fields.iter().enumerate() {
        if !field.is_ordered() {
            continue;
        }
        object = object.field(shared_field(shared, index, field));
        if field.kind.is_time() {
            object = object.field(age_field(index, field));
        }
    }
    for (index, parent) in model.parents.iter().enumerate() {
        object = object.field(parent_field(shared, model, index, parent));
    }
    object
}

fn shared_field(shared: &Shared, index: usize, field: &Column) -> Field {
    let of = TypeRef::named(name_of(&field.kind, &shared.catalogue));
    Field::new(&field.name, of, move |ctx| {
        let group = ctx.parent_value.downcast_ref::<Group>();
        let value = group.and_then(|it| it.all.shared_value(it.index, index)).cloned();
        FieldFuture::Value(value.map(FieldValue::value))
    })
    .description(&field.doc)
}

fn age_field(index: usize, field: &Column) -> Field {
    Field::new(format!("{}Age", field.name), TypeRef::named(AGE_BUCKET), move |ctx| {
        let group = ctx.parent_value.downcast_ref::<Group>();
        let ages = group.and_then(|it| it.all.age(it.index, index));
        FieldFuture::Value(ages.map(FieldValue::owned_any))
    })
    .description(format!("The bucket that {} falls into by its age.", field.name))
}

fn parent_field(shared: &Shared, model: &Model, index: usize, parent: &Parent) -> Field {
    let of = shared.model(parent.to).map(|to| to.type_name.clone()).unwrap_or_default();
    let from = model.index;
    let doc = model.field(parent.by).map(|field| field.doc.clone()).unwrap_or_default();
    Field::new(&parent.name, TypeRef::named(of), move |ctx| {
        FieldFuture::new(async move {
            let result = resolve_parent(&ctx, from, index).await;
            settle(&ctx, result)
        })
    })
    .description(doc)
}

async fn resolve_parent<'a>(
    context: &ResolverContext<'_>,
    model: usize,
    index: usize,
) -> Result<Option<FieldValue<'a>>, Problem> {
    let Some(Group { all, index: group }) = context.parent_value.downcast_ref() else {
        return Ok(None);
    };
    let Grouped { shared, reading, .. } = &**all;
    let Some(parent) = shared.model(model).and_then(|model| model.parents.get(index)) else {
        return Ok(None);
    };
    let (Some(id), Some(to)) = (all.shared_value(*group, parent.by), shared.model(parent.to))
    else {
        return Ok(None);
    };
    let fields = row_fields(to, context.field().selection_set());
    let ids = (0..all.len()).filter_map(|group| all.shared_value(group, parent.by));
    let key = to.key.first().copied().unwrap_or_default();
    let read = read_parents(shared, reading, to, key, ids, &fields);
    let parents = all.related.parents(context.item.pos, read).await?;
    Ok(parents.row(id).map(FieldValue::owned_any))
}

/// Groups as the value of a field.
pub(super) fn value<'a>(groups: Grouped) -> FieldValue<'a> {
    FieldValue::owned_any(Arc::new(groups))
}
