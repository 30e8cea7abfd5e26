//! The type of one row.

use async_graphql::dynamic::{Field, FieldFuture, FieldValue, Object, ResolverContext, TypeRef};

use super::{
    connection::{connection_of, page_arguments},
    filter::filter_argument,
    order::order_argument,
    report::settle,
    scalars::type_of,
};
use crate::{
    arguments,
    catalogue::{Child, Field as Column, Id, Model, Parent},
    cursor::Cursors,
    problem::Problem,
    rows::{ConnectionNeeds, Row, Shared, children_of, only_child_of, parent_of, row_fields},
};

pub(super) fn object(shared: &Shared, model: &Model) -> Object {
    let mut object = Object::new(&model.type_name).description(&model.doc);
    if model.id == Id::OfKey {
        object = object.field(
            Field::new("id", TypeRef::named_nn(TypeRef::ID), |ctx| {
                let id = ctx.parent_value.downcast_ref::<Row>().and_then(Row::id);
                FieldFuture::Value(id.map(FieldValue::value))
            })
            .description("Made of the key, for clients to cache the row by."),
        );
    }
    for (index, column) in model.fields.iter().enumerate() {
        object = object.field(leaf(shared, index, column));
    }
    for (index, parent) in model.parents.iter().enumerate() {
        object = object.field(parent_field(shared, model, index, parent));
    }
    for (index, child) in model.children.iter().enumerate() {
        object = object.field(child_field(shared, index, child));
    }
    object
}

fn leaf(shared: &Shared, index: usize, column: &Column) -> Field {
    let of = type_of(&column.kind, column.nullable, &shared.catalogue);
    let field = Field::new(&column.name, of, move |ctx| {
        let row = ctx.parent_value.downcast_ref::<Row>();
        let value = row.and_then(|row| row.value(index)).cloned();
        FieldFuture::Value(value.map(FieldValue::value))
    })
    .description(&column.doc);
    match &column.deprecated {
        Some(reason) => field.deprecation(Some(reason)),
        None => field,
    }
}

fn parent_field(shared: &Shared, model: &Model, index: usize, parent: &Parent) -> Field {
    let to = shared.model(parent.to).map(|to| to.type_name.clone()).unwrap_or_default();
    let doc = model.field(parent.by).map(|field| field.doc.clone()).unwrap_or_default();
    Field::new(&parent.name, TypeRef::named(to), move |ctx| {
        FieldFuture::new(async move {
            let result = resolve_parent(&ctx, index).await;
            settle(&ctx, result)
        })
    })
    .description(doc)
}

async fn resolve_parent<'a>(
    context: &ResolverContext<'_>,
    index: usize,
) -> Result<Option<FieldValue<'a>>, Problem> {
    let Some(row) = context.parent_value.downcast_ref::<Row>() else { return Ok(None) };
    let Some(parent) = row.model().and_then(|model| model.parents.get(index)) else {
        return Ok(None);
    };
    let Some(to) = row.batch.shared.model(parent.to) else { return Ok(None) };
    let fields = row_fields(to, context.field().selection_set());
    let found = parent_of(row, parent, context.item.pos, fields).await?;
    Ok(found.map(FieldValue::owned_any))
}

fn child_field(shared: &Shared, index: usize, child: &Child) -> Field {
    let Some(from) = shared.model(child.from) else {
        return Field::new(&child.name, TypeRef::named(TypeRef::STRING), |_| {
            FieldFuture::Value(None)
        });
    };
    if child.only {
        return Field::new(&child.name, TypeRef::named(&from.type_name), move |ctx| {
            FieldFuture::new(async move {
                let result = resolve_only_child(&ctx, index).await;
                settle(&ctx, result)
            })
        })
        .description(format!("The `{}` that points here.", from.one));
    }
    let field = Field::new(&child.name, TypeRef::named(connection_of(from)), move |ctx| {
        FieldFuture::new(async move {
            let result = resolve_children(&ctx, index).await;
            settle(&ctx, result)
        })
    })
    .description(format!("The rows of `{}` that point here.", from.many))
    .argument(filter_argument(from))
    .argument(order_argument(from));
    page_arguments(field, &shared.settings)
}

async fn resolve_only_child<'a>(
    context: &ResolverContext<'_>,
    index: usize,
) -> Result<Option<FieldValue<'a>>, Problem> {
    let Some(row) = context.parent_value.downcast_ref::<Row>() else { return Ok(None) };
    let Some(child) = row.model().and_then(|model| model.children.get(index)) else {
        return Ok(None);
    };
    let Some(from) = row.batch.shared.model(child.from) else { return Ok(None) };
    let fields = row_fields(from, context.field().selection_set());
    let found = only_child_of(row, child, context.item.pos, fields).await?;
    Ok(found.map(FieldValue::owned_any))
}

async fn resolve_children<'a>(
    context: &ResolverContext<'_>,
    index: usize,
) -> Result<Option<FieldValue<'a>>, Problem> {
    let Some(row) = context.parent_value.downcast_ref::<Row>() else { return Ok(None) };
    let Some(child) = row.model().and_then(|model| model.children.get(index)) else {
        return Ok(None);
    };
    let Shared { catalogue, settings, .. } = &*row.batch.shared;
    let Some(from) = catalogue.model(child.from) else { return Ok(None) };
    let finder = row.batch.reading.finder();
    let condition = arguments::filter(catalogue, from, &finder, &context.args).await?;
    let cursors = Cursors::new(from, arguments::order(from, &context.args)?);
    let window = arguments::window(catalogue, from, &cursors, settings, &context.args)?;
    let needs = ConnectionNeeds::of(from, &context.field());
    let pos = context.item.pos;
    let found = children_of(row, child, pos, condition, cursors, window, &needs).await?;
    Ok(found.map(FieldValue::owned_any))
}
