//! How far the read models are for the caller's tenant.

use std::sync::Arc;

use async_graphql::{
    Value,
    dynamic::{
        Enum, EnumItem, Field, FieldFuture, FieldValue, Object, ResolverContext, SchemaBuilder,
        TypeRef,
    },
};
use tokio_postgres::Row;

use super::{report::settle, roots::reading, scalars::BIG_INT};
use crate::{
    problem::Problem,
    reading::{ReadFault, Reading},
    rows::Shared,
    sql::{Param, Statement},
    value,
};

/// The field of the query.
pub(crate) const PROJECTIONS: &str = "projections";
const PROJECTION: &str = "Projection";
const STATE: &str = "ProjectionState";
const BUILD: &str = "ProjectionBuild";

/// One read model.
#[derive(Clone)]
struct Projection {
    read_model: String,
    version: i32,
    state: &'static str,
    position: i64,
    events_behind: i64,
    seconds_behind: f64,
    build: Option<Build>,
}

/// Its table, while that is being built.
#[derive(Clone)]
struct Build {
    phase: String,
    paused: bool,
    loaded: bool,
}

/// $1 the tenant, $2 the consumers
const STATEMENT: &str = "\
    SELECT seen.read_model, seen.version, seen.state, \
        coalesce(checkpoint.position, 0), head.position - coalesce(checkpoint.position, 0), \
        CASE WHEN head.position > coalesce(checkpoint.position, 0) THEN greatest(0, \
            extract(epoch FROM clock_timestamp() \
                - log.recorded_after($1, coalesce(checkpoint.position, 0)))) ELSE 0 END::float8, \
        build.phase, build.paused, built.tenant_id IS NOT NULL \
    FROM log.read_tables AS seen \
    JOIN log.heads AS head ON head.tenant_id = $1 \
    LEFT JOIN log.checkpoints AS checkpoint \
        ON checkpoint.tenant_id = head.tenant_id \
        AND checkpoint.consumer = coalesce(seen.shows, seen.consumer) \
    LEFT JOIN log.builds AS build ON build.consumer = seen.consumer \
    LEFT JOIN log.built_tenants AS built \
        ON built.consumer = seen.consumer AND built.tenant_id = head.tenant_id \
    WHERE seen.consumer = ANY ($2) ORDER BY seen.read_model";

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let state = |name: &str, doc: &str| EnumItem::new(name).description(doc);
    schema
        .register(
            Enum::new(STATE)
                .description("What there is of a version of a read model.")
                .item(state("LIVE", "Its own table, which is what queries read."))
                .item(state("ASIDE", "Its own table; queries read that of an earlier version."))
                .item(state("UNBUILT", "No table yet; queries read that of an earlier version.")),
        )
        .register(object())
        .register(build())
}

fn show<T: Clone + Send + Sync + 'static>(
    (name, of, doc): (&str, TypeRef, &str),
    show: fn(&T) -> Value,
) -> Field {
    Field::new(name, of, move |ctx| {
        let shown = ctx.parent_value.downcast_ref::<T>().map(show);
        FieldFuture::Value(shown.map(FieldValue::value))
    })
    .description(doc)
}

fn object() -> Object {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let number = || TypeRef::named_nn(BIG_INT);
    Object::new(PROJECTION)
        .description("A read model, and how far it follows the tenant's log.")
        .field(show(("readModel", text(), "Its name."), |it: &Projection| {
            it.read_model.clone().into()
        }))
        .field(show(
            ("version", TypeRef::named_nn(TypeRef::INT), "The version that this service reads."),
            |it: &Projection| it.version.into(),
        ))
        .field(show(
            ("state", TypeRef::named_nn(STATE), "What there is of that version."),
            |it: &Projection| Value::Enum(async_graphql::Name::new(it.state)),
        ))
        .field(show(
            ("position", number(), "The position of the last event in what queries read."),
            |it: &Projection| value::show_integer(it.position),
        ))
        .field(show(
            ("eventsBehind", number(), "Events of the log that are not in it yet."),
            |it: &Projection| value::show_integer(it.events_behind),
        ))
        .field(show(
            (
                "secondsBehind",
                TypeRef::named_nn(TypeRef::FLOAT),
                "How long the first of these events has been waiting.",
            ),
            |it: &Projection| it.seconds_behind.into(),
        ))
        .field(
            Field::new("build", TypeRef::named(BUILD), |ctx| {
                let projection = ctx.parent_value.downcast_ref::<Projection>();
                let build = projection.and_then(|projection| projection.build.clone());
                FieldFuture::Value(build.map(FieldValue::owned_any))
            })
            .description("Its table, while that is being filled from the first event on."),
        )
}

fn build() -> Object {
    let flag = || TypeRef::named_nn(TypeRef::BOOLEAN);
    Object::new(BUILD)
        .description("A table that is being filled from the first event on.")
        .field(show(
            ("phase", TypeRef::named_nn(TypeRef::STRING), "What is being done."),
            |it: &Build| it.phase.clone().into(),
        ))
        .field(show(
            ("paused", flag(), "Whether it waits until an operator lets it go on."),
            |it: &Build| it.paused.into(),
        ))
        .field(show(
            ("loaded", flag(), "Whether the rows of this tenant are in it."),
            |it: &Build| it.loaded.into(),
        ))
}

/// What the read models of this service have reached.
pub(super) fn field(shared: &Arc<Shared>) -> Field {
    let models = shared.catalogue.models.iter();
    let consumers: Vec<String> = models.map(|model| model.consumer.clone()).collect();
    Field::new(PROJECTIONS, TypeRef::named_nn_list(PROJECTION), move |ctx| {
        let consumers = consumers.clone();
        FieldFuture::new(async move {
            let result = resolve(consumers, &ctx).await;
            settle(&ctx, result)
        })
    })
    .description("How far the read models are: what queries can see already.")
}

async fn resolve<'a>(
    consumers: Vec<String>,
    context: &ResolverContext<'_>,
) -> Result<Option<FieldValue<'a>>, Problem> {
    let read = read(reading(context)?, consumers).await?;
    Ok(Some(FieldValue::list(read.into_iter().map(FieldValue::owned_any))))
}

async fn read(reading: &Reading, consumers: Vec<String>) -> Result<Vec<Projection>, ReadFault> {
    let tenant = Param::Id(event_store::pg::uuid(reading.whose_log()));
    let statement =
        Statement { text: STATEMENT.to_owned(), params: vec![tenant, Param::Texts(consumers)] };
    let rows = reading.rows(PROJECTIONS, &statement).await?;
    rows.iter().map(projection).collect::<Result<_, _>>().map_err(ReadFault::from)
}

fn projection(row: &Row) -> Result<Projection, tokio_postgres::Error> {
    let phase: Option<String> = row.try_get(6)?;
    let build = phase.map(|phase| -> Result<_, tokio_postgres::Error> {
        Ok(Build { phase, paused: row.try_get(7)?, loaded: row.try_get(8)? })
    });
    Ok(Projection {
        read_model: row.try_get(0)?,
        version: row.try_get(1)?,
        state: match row.try_get(2)? {
            "live" => "LIVE",
            "aside" => "ASIDE",
            _ => "UNBUILT",
        },
        position: row.try_get(3)?,
        events_behind: row.try_get(4)?,
        seconds_behind: row.try_get(5)?,
        build: build.transpose()?,
    })
}
