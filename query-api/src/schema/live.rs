//! What can be followed.

use std::{collections::BTreeSet, sync::Arc};

use async_graphql::{
    Value,
    dynamic::{
        Field, FieldFuture, FieldValue, InputValue, Object, ResolverContext, SchemaBuilder,
        Subscription, SubscriptionField, SubscriptionFieldFuture, TypeRef,
    },
};
use futures_util::{Stream, stream};

use super::{
    filter::filter_argument,
    groups::{self, group_arguments, groups_of},
    report::Footnotes,
    roots::key_arguments,
    scalars::BIG_INT,
};
use crate::{
    arguments,
    catalogue::Model,
    live::{Changed, Changes, Feed, LiveGroups, OneRow},
    problem::Problem,
    rows::{GroupNeeds, Shared, row_fields},
    value,
};

pub(super) const SUBSCRIPTION: &str = "Subscription";

fn changes_of(model: &Model) -> String {
    format!("{}Changes", model.type_name)
}

pub(super) fn register(schema: SchemaBuilder, model: &Model) -> SchemaBuilder {
    let object = Object::new(changes_of(model))
        .description(format!("What has changed in `{}` since the last time.", model.many))
        .field(
            Field::new("position", TypeRef::named_nn(BIG_INT), |ctx| {
                let position = changed(&ctx).and_then(|it| i64::try_from(it.position).ok());
                FieldFuture::Value(position.map(|it| FieldValue::value(value::show_integer(it))))
            })
            .description(
                "Everything up to this position of the log has been told; to go on from here \
                 after a break, pass it as `afterPosition`.",
            ),
        )
        .field(
            Field::new("nodes", TypeRef::named_nn_list_nn(&model.type_name), |ctx| {
                let nodes = changed(&ctx).map(|it| it.nodes().map(FieldValue::owned_any));
                FieldFuture::Value(nodes.map(FieldValue::list))
            })
            .description("The rows that are new or have changed, as they are now."),
        )
        .field(
            Field::new("removed", TypeRef::named_nn_list_nn(TypeRef::ID), |ctx| {
                let removed = changed(&ctx).map(|it| it.removed.iter().map(Value::from));
                FieldFuture::Value(removed.map(|ids| FieldValue::list(ids.map(FieldValue::value))))
            })
            .description(
                "The ids of rows that are gone, or that the filter does not mean (any more). \
                 Some of them may never have been told.",
            ),
        )
        .field(
            Field::new("reload", TypeRef::named_nn(TypeRef::BOOLEAN), |ctx| {
                let reload = changed(&ctx).map(|it| it.reload);
                FieldFuture::Value(reload.map(FieldValue::value))
            })
            .description(
                "Too much has changed to be told: read the list again. What changes after \
                 `position` is told as before.",
            ),
        );
    schema.register(object)
}

fn changed<'a>(context: &ResolverContext<'a>) -> Option<&'a Changed> {
    context.parent_value.downcast_ref()
}

pub(super) fn subscription(shared: &Arc<Shared>) -> Subscription {
    let mut subscription = Subscription::new(SUBSCRIPTION)
        .description("What can be followed as it changes, over graphql-transport-ws or SSE.");
    for model in &shared.catalogue.models {
        subscription = subscription.field(one(shared, model)).field(many(shared, model));
        subscription = subscription.field(groups(shared, model));
    }
    subscription
}

fn one(shared: &Arc<Shared>, model: &Model) -> SubscriptionField {
    let (all, index) = (shared.clone(), model.index);
    let field = SubscriptionField::new(&model.one, TypeRef::named(&model.type_name), move |ctx| {
        let shared = all.clone();
        SubscriptionFieldFuture::new(async move { Ok(follow_one(&shared, index, &ctx)?) })
    })
    .description(format!(
        "{} As it is, then after every change as it is by then; null when there is none.",
        model.doc
    ));
    key_arguments(shared, model).into_iter().fold(field, SubscriptionField::argument).argument(
        InputValue::new("afterPosition", TypeRef::named(BIG_INT)).description(
            "Begins with the next change, if the row has not changed since this position: that \
             of `extensions.consistency` of the last answer.",
        ),
    )
}

fn follow_one<'a>(
    shared: &Arc<Shared>,
    model: usize,
    context: &ResolverContext<'_>,
) -> Result<impl Stream<Item = async_graphql::Result<FieldValue<'a>>> + use<'a>, Problem> {
    let Some(of) = shared.model(model) else { return Err(nothing()) };
    let key = arguments::key(&shared.catalogue, of, &context.args)?;
    let fields = row_fields(of, context.field().selection_set());
    let after = arguments::position(&context.args, "afterPosition")?;
    let row = OneRow::new(feed(context)?, shared.clone(), model, key, fields, after);
    let footnotes = context.data::<Footnotes>().cloned().unwrap_or_default();
    let name = context.item.node.response_key().node.to_string();
    Ok(stream::try_unfold((row, footnotes, name), |(mut row, footnotes, name)| async move {
        let value = if let Some(row) = row.next().await? {
            FieldValue::owned_any(row)
        } else {
            footnotes.is_null(&name);
            FieldValue::NULL
        };
        Ok(Some((value, (row, footnotes, name))))
    }))
}

fn many(shared: &Arc<Shared>, model: &Model) -> SubscriptionField {
    let (shared, index) = (shared.clone(), model.index);
    let of = TypeRef::named_nn(changes_of(model));
    SubscriptionField::new(&model.many, of, move |ctx| {
        let shared = shared.clone();
        SubscriptionFieldFuture::new(async move { Ok(follow_many(&shared, index, &ctx).await?) })
    })
    .description(format!("What changes in `{}`, from now on or from a position on.", model.many))
    .argument(filter_argument(model))
    .argument(InputValue::new("afterPosition", TypeRef::named(BIG_INT)).description(
        "Begins after this position: that of `extensions.consistency` of the list that was \
         read before, or the last that was told.",
    ))
}

async fn follow_many<'a>(
    shared: &Arc<Shared>,
    model: usize,
    context: &ResolverContext<'_>,
) -> Result<impl Stream<Item = async_graphql::Result<FieldValue<'a>>> + use<'a>, Problem> {
    let Some(of) = shared.model(model) else { return Err(nothing()) };
    let feed = feed(context)?;
    let condition = arguments::filter(&shared.catalogue, of, &feed.finder(), &context.args).await?;
    let after = arguments::position(&context.args, "afterPosition")?;
    let mut fields = BTreeSet::new();
    for nodes in context.look_ahead().field("nodes").selection_fields() {
        fields.extend(row_fields(of, nodes.selection_set()));
    }
    let changes = Changes::new(feed, shared.clone(), model, condition, fields, after);
    Ok(stream::try_unfold(changes, |mut changes| async move {
        let next = changes.next().await?;
        Ok(Some((FieldValue::owned_any(next), changes)))
    }))
}

fn groups(shared: &Arc<Shared>, model: &Model) -> SubscriptionField {
    let (all, index) = (shared.clone(), model.index);
    let of = TypeRef::named_nn(groups_of(model));
    let field = SubscriptionField::new(&model.groups, of, move |ctx| {
        let shared = all.clone();
        SubscriptionFieldFuture::new(async move { Ok(follow_groups(&shared, index, &ctx).await?) })
    })
    .description(format!(
        "Counts and sums over groups of `{}`: as they are, then whenever they have changed.",
        model.many
    ));
    group_arguments(model, shared).into_iter().fold(field, SubscriptionField::argument)
}

async fn follow_groups<'a>(
    shared: &Arc<Shared>,
    model: usize,
    context: &ResolverContext<'_>,
) -> Result<impl Stream<Item = async_graphql::Result<FieldValue<'a>>> + use<'a>, Problem> {
    let Some(of) = shared.model(model) else { return Err(nothing()) };
    let feed = feed(context)?;
    let Shared { catalogue, settings, .. } = &**shared;
    let finder = feed.finder();
    let groups = arguments::groups(catalogue, of, settings, &finder, &context.args).await?;
    let needs = GroupNeeds::of(of, &context.field());
    let groups = LiveGroups::new(feed.clone(), shared.clone(), model, groups, needs);
    Ok(stream::try_unfold(groups, |mut groups| async move {
        let next = groups.next().await?;
        Ok(Some((groups::value(next), groups)))
    }))
}

fn feed(context: &ResolverContext<'_>) -> Result<Feed, Problem> {
    context.data::<Feed>().cloned().map_err(|error| Problem::internal(&error.message))
}

fn nothing() -> Problem {
    Problem::internal(&"a live query of no model")
}
