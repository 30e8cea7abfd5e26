//! What can be asked.

use std::sync::Arc;

use async_graphql::dynamic::{
    Field, FieldFuture, FieldValue, InputValue, Object, ResolverContext, TypeRef,
};

use super::{
    connection::{connection_of, page_arguments},
    filter::filter_argument,
    groups::{self, group_arguments, groups_of},
    history,
    order::order_argument,
    projections,
    report::settle,
    scalars::name_of,
    types::AS_OF,
};
use crate::{
    arguments,
    catalogue::Model,
    cursor::Cursors,
    problem::Problem,
    reading::Reading,
    rows::{
        self, Batch, ConnectionNeeds, GroupNeeds, Past, Row, Shared, read_groups, read_page,
        read_past, row_fields,
    },
    sql,
};

pub(super) const QUERY: &str = "Query";

pub(super) fn query(shared: &Arc<Shared>) -> Object {
    let mut object = Object::new(QUERY).description(
        "What can be read, each tenant's own. Every answer is one moment of the tenant's log; \
         `extensions.consistency` says which.",
    );
    for model in &shared.catalogue.models {
        object = object.field(one(shared, model)).field(many(shared, model));
        object = object.field(groups_field(shared, model)).field(history::field(shared, model));
    }
    object.field(projections::field(shared))
}

/// A field that reads, given what all queries share and its model.
macro_rules! reads {
    ($name:expr, $of:expr, $shared:expr, $model:expr, $resolve:ident) => {{
        let (shared, model) = ($shared.clone(), $model.index);
        Field::new($name, TypeRef::named($of), move |ctx| {
            let shared = shared.clone();
            FieldFuture::new(async move {
                let result = match shared.model(model) {
                    Some(model) => $resolve(&shared, model, &ctx).await,
                    None => Ok(None),
                };
                settle(&ctx, result)
            })
        })
    }};
}

/// Gives a field the arguments that identify a row.
pub(super) fn key_arguments(shared: &Shared, model: &Model) -> Vec<InputValue> {
    let argument = |field: &crate::catalogue::Field| {
        let of = TypeRef::named_nn(name_of(&field.kind, &shared.catalogue));
        InputValue::new(&field.name, of).description(&field.doc)
    };
    model.key_fields().map(argument).collect()
}

fn one(shared: &Arc<Shared>, model: &Model) -> Field {
    let field = reads!(&model.one, &model.type_name, shared, model, resolve_one)
        .description(format!("{} Null when there is none.", model.doc));
    let field = key_arguments(shared, model).into_iter().fold(field, Field::argument);
    field.argument(as_of("As it was at a moment in the past; as it is when nothing is said."))
}

fn as_of(doc: &str) -> InputValue {
    InputValue::new("asOf", TypeRef::named(AS_OF)).description(doc)
}

const AS_THEY_WERE: &str = "As they were at a moment in the past, for lists that were small then; as they are when \
     nothing is said.";

fn many(shared: &Arc<Shared>, model: &Model) -> Field {
    let field = reads!(&model.many, connection_of(model), shared, model, resolve_many)
        .description(format!("A page of `{}`.", model.many))
        .argument(filter_argument(model))
        .argument(order_argument(model))
        .argument(as_of(AS_THEY_WERE));
    page_arguments(field, &shared.settings)
}

fn groups_field(shared: &Arc<Shared>, model: &Model) -> Field {
    let field = reads!(&model.groups, groups_of(model), shared, model, resolve_groups)
        .description(format!("Counts and sums over groups of `{}`.", model.many));
    let field = field.argument(as_of(AS_THEY_WERE));
    group_arguments(model, shared).into_iter().fold(field, Field::argument)
}

/// The view of the request, as far as the past is concerned that a field asks
/// for.
async fn moved(
    shared: &Arc<Shared>,
    model: &Model,
    context: &ResolverContext<'_>,
) -> Result<Arc<Reading>, Problem> {
    let reading = reading(context)?;
    let Some(moment) = arguments::moment(&context.args)? else { return Ok(reading.clone()) };
    let past = Past::find(reading, moment).await?;
    Box::pin(rows::as_of(shared, reading, model, past)).await
}

/// The view of the request.
pub(super) fn reading<'a>(context: &ResolverContext<'a>) -> Result<&'a Arc<Reading>, Problem> {
    context.data::<Arc<Reading>>().map_err(|error| Problem::internal(&error.message))
}

async fn resolve_one<'a>(
    shared: &Arc<Shared>,
    model: &Model,
    context: &ResolverContext<'_>,
) -> Result<Option<FieldValue<'a>>, Problem> {
    let reading = reading(context)?;
    let key = arguments::key(&shared.catalogue, model, &context.args)?;
    let fields = row_fields(model, context.field().selection_set());
    let row = match arguments::moment(&context.args)? {
        Some(moment) => {
            let past = Past::find(reading, moment).await?;
            Box::pin(read_past(shared, reading, model, past, &key, &fields)).await?
        }
        None => read_one(shared, reading, model, key, fields.into_iter().collect()).await?,
    };
    Ok(row.map(FieldValue::owned_any))
}

async fn read_one(
    shared: &Arc<Shared>,
    reading: &Arc<Reading>,
    model: &Model,
    key: Vec<sql::Param>,
    fields: Vec<usize>,
) -> Result<Option<Row>, Problem> {
    let statement = sql::by_key(&shared.catalogue, model, reading.source(), &fields, key);
    let rows = reading.rows("row", &statement).await?;
    let batch = Batch::read(shared, reading, model, &fields, &rows, 1).await?;
    Ok((batch.len() > 0).then(|| Row { batch: Arc::new(batch), index: 0 }))
}

async fn resolve_many<'a>(
    shared: &Arc<Shared>,
    model: &Model,
    context: &ResolverContext<'_>,
) -> Result<Option<FieldValue<'a>>, Problem> {
    let Shared { catalogue, settings, .. } = &**shared;
    let reading = &moved(shared, model, context).await?;
    let condition = arguments::filter(catalogue, model, &reading.finder(), &context.args).await?;
    let cursors = Cursors::new(model, arguments::order(model, &context.args)?);
    let window = arguments::window(catalogue, model, &cursors, settings, &context.args)?;
    let needs = ConnectionNeeds::of(model, &context.field());
    let page = read_page(shared, reading, model, condition, cursors, window, &needs).await?;
    Ok(Some(FieldValue::owned_any(Arc::new(page))))
}

async fn resolve_groups<'a>(
    shared: &Arc<Shared>,
    model: &Model,
    context: &ResolverContext<'_>,
) -> Result<Option<FieldValue<'a>>, Problem> {
    let Shared { catalogue, settings, .. } = &**shared;
    let reading = &moved(shared, model, context).await?;
    let finder = reading.finder();
    let groups = arguments::groups(catalogue, model, settings, &finder, &context.args).await?;
    let needs = GroupNeeds::of(model, &context.field());
    let read = read_groups(shared, reading, model, groups, needs).await?;
    Ok(Some(groups::value(read)))
}
