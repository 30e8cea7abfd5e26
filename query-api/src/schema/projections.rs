//! How far the read models are for the caller's tenant.

use std::sync::Arc;

use async_graphql::{
    Value,
    dynamic::{
        Enum, EnumItem, Field, FieldFuture, FieldValue, Object, ResolverContext, SchemaBuilder,
        TypeRef,
    },
};
use chrono::{DateTime, Utc};
use domain::kernel::Timestamp;
use tokio_postgres::Row;

use super::{
    report::settle,
    roots::reading,
    scalars::{BIG_INT, DATE_TIME},
    shown::shown,
};
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
    quarantined: i64,
    quarantined_since: Option<DateTime<Utc>>,
    stopped_at: Option<i64>,
    stopped_since: Option<DateTime<Utc>>,
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
        apart.streams, apart.since, failure.position, \
        CASE WHEN failure.position IS NOT NULL THEN checkpoint.updated_at END, \
        build.phase, build.paused, built.tenant_id IS NOT NULL \
    FROM log.read_tables AS seen \
    JOIN log.heads AS head ON head.tenant_id = $1 \
    LEFT JOIN log.checkpoints AS checkpoint \
        ON checkpoint.tenant_id = head.tenant_id \
        AND checkpoint.consumer = coalesce(seen.shows, seen.consumer) \
    LEFT JOIN log.consumer_failures AS failure \
        ON failure.tenant_id = head.tenant_id \
        AND failure.consumer = coalesce(seen.shows, seen.consumer) \
        AND failure.position > coalesce(checkpoint.position, 0) \
    CROSS JOIN LATERAL ( \
        SELECT count(*) AS streams, min(stream.quarantined_at) AS since \
        FROM log.quarantined_streams AS stream \
        WHERE stream.tenant_id = head.tenant_id \
            AND stream.consumer = coalesce(seen.shows, seen.consumer) \
    ) AS apart \
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

fn object() -> Object {
    type It = Projection;
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let number = || TypeRef::named_nn(BIG_INT);
    Object::new(PROJECTION)
        .description("A read model, and how far it follows the tenant's log.")
        .field(shown(("readModel", text(), "Its name."), |it: &It| {
            Some(it.read_model.clone().into())
        }))
        .field(shown(
            ("version", TypeRef::named_nn(TypeRef::INT), "The version that this service reads."),
            |it: &It| Some(it.version.into()),
        ))
        .field(shown(
            ("state", TypeRef::named_nn(STATE), "What there is of that version."),
            |it: &It| Some(Value::Enum(async_graphql::Name::new(it.state))),
        ))
        .field(shown(
            ("position", number(), "The position of the last event in what queries read."),
            |it: &It| Some(value::show_integer(it.position)),
        ))
        .field(shown(
            ("eventsBehind", number(), "Events of the log that are not in it yet."),
            |it: &It| Some(value::show_integer(it.events_behind)),
        ))
        .field(shown(
            (
                "secondsBehind",
                TypeRef::named_nn(TypeRef::FLOAT),
                "How long the first of these events has been waiting.",
            ),
            |it: &It| Some(it.seconds_behind.into()),
        ))
        .field(shown(
            (
                "quarantinedStreams",
                number(),
                "Streams that it cannot take: they are left out of it, each from an event on.",
            ),
            |it: &It| Some(value::show_integer(it.quarantined)),
        ))
        .field(shown(
            ("quarantinedSince", TypeRef::named(DATE_TIME), "Since when the first of them is."),
            |it: &It| it.quarantined_since.map(time),
        ))
        .field(shown(
            (
                "stoppedAt",
                TypeRef::named(BIG_INT),
                "The position that it stands still before, because the event there is missing.",
            ),
            |it: &It| it.stopped_at.map(value::show_integer),
        ))
        .field(shown(
            ("stoppedSince", TypeRef::named(DATE_TIME), "Since when it stands still."),
            |it: &It| it.stopped_since.map(time),
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

fn time(at: DateTime<Utc>) -> Value {
    Timestamp::from(at).to_string().into()
}

fn build() -> Object {
    let flag = || TypeRef::named_nn(TypeRef::BOOLEAN);
    Object::new(BUILD)
        .description("A table that is being filled from the first event on.")
        .field(shown(
            ("phase", TypeRef::named_nn(TypeRef::STRING), "What is being done."),
            |it: &Build| Some(it.phase.clone().into()),
        ))
        .field(shown(
            ("paused", flag(), "Whether it waits until an operator lets it go on."),
            |it: &Build| Some(it.paused.into()),
        ))
        .field(shown(
            ("loaded", flag(), "Whether the rows of this tenant are in it."),
            |it: &Build| Some(it.loaded.into()),
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
    let phase: Option<String> = row.try_get(10)?;
    let build = phase.map(|phase| -> Result<_, tokio_postgres::Error> {
        Ok(Build { phase, paused: row.try_get(11)?, loaded: row.try_get(12)? })
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
        quarantined: row.try_get(6)?,
        quarantined_since: row.try_get(7)?,
        stopped_at: row.try_get(8)?,
        stopped_since: row.try_get(9)?,
        build: build.transpose()?,
    })
}
