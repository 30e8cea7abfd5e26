//! The history of a row: which event made what of it, when, and by whom.

use std::sync::Arc;

use async_graphql::{
    Value,
    dynamic::{
        Field, FieldFuture, FieldValue, InputValue, Object, ResolverContext, SchemaBuilder, TypeRef,
    },
};

use super::{
    report::settle,
    roots::{key_arguments, reading},
    scalars::{BIG_INT, DATE_TIME, JSON},
    shown::shown,
};
use crate::{
    arguments,
    catalogue::Model,
    problem::Problem,
    rows::{FieldChange, History, Shared, Span, Version, read_history, row_fields},
    value,
};

const FIELD_CHANGE: &str = "FieldChange";

/// One of the changes of a version, and the name of the field that changed.
struct Change {
    version: Arc<Version>,
    place: usize,
    name: String,
}

fn history_of(model: &Model) -> String {
    format!("{}History", model.type_name)
}

fn version_of(model: &Model) -> String {
    format!("{}Version", model.type_name)
}

/// What all histories share.
pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let flag = || TypeRef::named_nn(TypeRef::BOOLEAN);
    let text = || TypeRef::named_nn(TypeRef::STRING);
    schema.register(
        Object::new(FIELD_CHANGE)
            .description("What an event made of one field of a row.")
            .field(shown(("field", text(), "Which field."), |it: &Change| {
                Some(it.name.clone().into())
            }))
            .field(shown(("from", TypeRef::named(JSON), "What it was before."), |it: &Change| {
                known(&it.change()?.from)
            }))
            .field(shown(
                ("to", TypeRef::named(JSON), "What it was from then on."),
                |it: &Change| known(&it.change()?.to),
            ))
            .field(shown(
                (
                    "hidden",
                    flag(),
                    "Personal, and not for the caller: `from` and `to` are null. Auditors and \
                     admins are told them.",
                ),
                |it: &Change| Some(it.change()?.hidden.into()),
            ))
            .field(shown(
                (
                    "erased",
                    flag(),
                    "The person whose value it was has been erased since: nobody knows it any \
                     more.",
                ),
                |it: &Change| Some(it.change()?.erased.into()),
            )),
    )
}

fn known(value: &Value) -> Option<Value> {
    (*value != Value::Null).then(|| value.clone())
}

impl Change {
    fn change(&self) -> Option<&FieldChange> {
        self.version.changes.get(self.place)
    }
}

/// What the history of a model's rows is made of.
pub(super) fn register_model(schema: SchemaBuilder, model: &Model) -> SchemaBuilder {
    let history = Object::new(history_of(model))
        .description(format!("Versions of a row of `{}`, oldest first.", model.many))
        .field(
            Field::new("nodes", TypeRef::named_nn_list_nn(version_of(model)), |ctx| {
                let history = ctx.parent_value.downcast_ref::<History>();
                let versions = history.map(|it| it.versions.clone().into_iter());
                FieldFuture::Value(
                    versions.map(|it| FieldValue::list(it.map(FieldValue::owned_any))),
                )
            })
            .description("The versions."),
        )
        .field(
            Field::new("hasMore", TypeRef::named_nn(TypeRef::BOOLEAN), |ctx| {
                let history = ctx.parent_value.downcast_ref::<History>();
                FieldFuture::Value(history.map(|it| FieldValue::value(it.has_more)))
            })
            .description("Whether there are later ones; ask for them by `afterPosition`."),
        );
    schema.register(history).register(version(model))
}

fn version(model: &Model) -> Object {
    type Told = Arc<Version>;
    let names: Arc<[String]> = model.fields.iter().map(|field| field.name.clone()).collect();
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let id = || TypeRef::named_nn(TypeRef::ID);
    let time = || TypeRef::named_nn(DATE_TIME);
    Object::new(version_of(model))
        .description(format!("What one event made of a row of `{}`.", model.many))
        .field(shown(("position", TypeRef::named_nn(BIG_INT), "Where in the log."), |it: &Told| {
            i64::try_from(it.envelope.position).ok().map(value::show_integer)
        }))
        .field(shown(("event", text(), "What happened: `{aggregate}.{event}`."), |it: &Told| {
            Some(format!("{}.{}", it.envelope.stream_type, it.event).into())
        }))
        .field(shown(("occurredAt", time(), "When it happened."), |it: &Told| {
            Some(it.envelope.occurred_at.to_string().into())
        }))
        .field(shown(("recordedAt", time(), "When it was written down."), |it: &Told| {
            Some(it.envelope.recorded_at.to_string().into())
        }))
        .field(shown(("actor", text(), "By whom: `{kind}:{id}`."), |it: &Told| {
            Some(it.envelope.actor.to_string().into())
        }))
        .field(shown(
            (
                "reason",
                TypeRef::named(TypeRef::STRING),
                "Why, in the words of whoever asked for it.",
            ),
            |it: &Told| it.envelope.reason.clone().map(Value::from),
        ))
        .field(shown(("eventId", id(), "The event's own id."), |it: &Told| {
            Some(it.envelope.event_id.to_string().into())
        }))
        .field(shown(("commandId", id(), "By which command."), |it: &Told| {
            Some(it.envelope.command_id.to_string().into())
        }))
        .field(shown(("correlationId", id(), "What belongs together shares it."), |it: &Told| {
            Some(it.envelope.correlation_id.to_string().into())
        }))
        .field(
            Field::new("changes", TypeRef::named_nn_list_nn(FIELD_CHANGE), move |ctx| {
                let version = ctx.parent_value.downcast_ref::<Arc<Version>>();
                FieldFuture::Value(version.map(|version| changes(version, &names)))
            })
            .description("The fields that the event changed."),
        )
        .field(
            Field::new("row", TypeRef::named(&model.type_name), |ctx| {
                let version = ctx.parent_value.downcast_ref::<Arc<Version>>();
                let row = version.and_then(|version| version.row.clone());
                FieldFuture::Value(row.map(FieldValue::owned_any))
            })
            .description("The row after the event; null when that removed it."),
        )
}

fn changes<'a>(version: &Arc<Version>, names: &Arc<[String]>) -> FieldValue<'a> {
    let change = |(place, change): (usize, &FieldChange)| {
        let name = names.get(change.field).cloned().unwrap_or_default();
        FieldValue::owned_any(Change { version: version.clone(), place, name })
    };
    FieldValue::list(version.changes.iter().enumerate().map(change).collect::<Vec<_>>())
}

/// The field that reads the history of a row.
pub(super) fn field(shared: &Arc<Shared>, model: &Model) -> Field {
    let (all, index) = (shared.clone(), model.index);
    let most = shared.settings.page;
    let field = Field::new(&model.history, TypeRef::named(history_of(model)), move |ctx| {
        let shared = all.clone();
        FieldFuture::new(async move {
            let result = match shared.model(index) {
                Some(model) => resolve(&shared, model, &ctx).await,
                None => Ok(None),
            };
            settle(&ctx, result)
        })
    })
    .description(format!(
        "What became of a row of `{}`: each event that changed it, when, by whom, and which \
         fields it changed. Null when there never was one. Read from the log, so it is never \
         behind.",
        model.many
    ));
    let arguments = [
        InputValue::new("first", TypeRef::named(TypeRef::INT))
            .description(format!("How many versions: up to {most}, which is the default.")),
        InputValue::new("afterPosition", TypeRef::named(BIG_INT))
            .description("Only those after this position of the log."),
    ];
    key_arguments(shared, model).into_iter().chain(arguments).fold(field, Field::argument)
}

async fn resolve<'a>(
    shared: &Arc<Shared>,
    model: &Model,
    context: &ResolverContext<'_>,
) -> Result<Option<FieldValue<'a>>, Problem> {
    let reading = reading(context)?;
    let key = arguments::key(&shared.catalogue, model, &context.args)?;
    let span = Span {
        after: arguments::position(&context.args, "afterPosition")?.unwrap_or(0),
        first: arguments::first(&context.args, &shared.settings)?,
    };
    let nodes = context.look_ahead().field("nodes").field("row").selection_fields();
    let fields = nodes.iter().flat_map(|row| row_fields(model, row.selection_set())).collect();
    let history = Box::pin(read_history(shared, reading, model, &key, span, &fields)).await?;
    Ok(history.map(FieldValue::owned_any))
}
