//! What the rows of a group share.

use async_graphql::dynamic::{Field, FieldFuture, FieldValue, Object, ResolverContext, TypeRef};

use super::{
    groups::{Group, name},
    report::settle,
    scalars::name_of,
    types::AGE_BUCKET,
};
use crate::{
    catalogue::{Field as Column, Model, Parent},
    problem::Problem,
    rows::{Grouped, Shared, read_parents, row_fields},
};

pub(super) fn object(shared: &Shared, model: &Model) -> Object {
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
    let past = reading.past();
    let of = |group| Some((past, all.shared_value(group, parent.by)?));
    let read = read_parents(shared, reading, to, (0..all.len()).filter_map(of), &fields);
    let parents = all.related.parents(context.item.pos, read).await?;
    Ok(parents.row(past, id).map(FieldValue::owned_any))
}
