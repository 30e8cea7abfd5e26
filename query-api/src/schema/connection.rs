//! Pages of lists, as Relay knows them.

use std::sync::Arc;

use async_graphql::{
    Value,
    dynamic::{
        Field, FieldFuture, FieldValue, InputValue, Object, ResolverContext, SchemaBuilder, TypeRef,
    },
};

use super::types::PAGE_INFO;
use crate::{
    catalogue::Model,
    rows::{Connection, Edge, Row},
    settings::Settings,
};

/// The type of a page of a model's rows.
pub(super) fn connection_of(model: &Model) -> String {
    format!("{}Connection", model.type_name)
}

pub(super) fn register(schema: SchemaBuilder, model: &Model) -> SchemaBuilder {
    let edge = format!("{}Edge", model.type_name);
    let connection = Object::new(connection_of(model))
        .description(format!("A page of `{}`.", model.many))
        .field(
            Field::new("nodes", TypeRef::named_nn_list_nn(&model.type_name), |ctx| {
                let nodes = page(&ctx).map(|page| page.nodes().map(FieldValue::owned_any));
                FieldFuture::Value(nodes.map(FieldValue::list))
            })
            .description("The rows."),
        )
        .field(
            Field::new("edges", TypeRef::named_nn_list_nn(&edge), |ctx| {
                let edges = page(&ctx).map(|page| {
                    FieldValue::list(page.nodes().map(|row| {
                        FieldValue::owned_any(Edge { row, cursors: page.cursors.clone() })
                    }))
                });
                FieldFuture::Value(edges)
            })
            .description("The rows, each with its cursor."),
        )
        .field(
            Field::new("pageInfo", TypeRef::named_nn(PAGE_INFO), |ctx| {
                FieldFuture::Value(page(&ctx).cloned().map(FieldValue::owned_any))
            })
            .description("Where the page stands in the list."),
        )
        .field(
            Field::new("totalCount", TypeRef::named_nn(TypeRef::INT), |ctx| {
                let total = page(&ctx).and_then(|page| page.total);
                FieldFuture::Value(total.map(|total| FieldValue::value(Value::from(total))))
            })
            .description("How many rows the whole list has. Counted only when asked for."),
        );
    schema.register(connection).register(edge_object(&edge, model))
}

fn edge_object(name: &str, model: &Model) -> Object {
    Object::new(name)
        .description("A row on a page.")
        .field(
            Field::new("cursor", TypeRef::named_nn(TypeRef::STRING), |ctx| {
                let edge = ctx.parent_value.downcast_ref::<Edge>();
                FieldFuture::Value(edge.map(|edge| FieldValue::value(edge.cursor())))
            })
            .description("The row's place in the list, for `after` and `before`."),
        )
        .field(
            Field::new("node", TypeRef::named_nn(&model.type_name), |ctx| {
                let row = ctx.parent_value.downcast_ref::<Edge>().map(|edge| edge.row.clone());
                FieldFuture::Value(row.map(FieldValue::owned_any))
            })
            .description("The row."),
        )
}

fn page<'a>(context: &ResolverContext<'a>) -> Option<&'a Arc<Connection>> {
    context.parent_value.downcast_ref()
}

/// The cursor of a row on a page.
pub(super) fn cursor(page: &Connection, row: Row) -> String {
    Edge { row, cursors: page.cursors.clone() }.cursor()
}

/// Gives a field the arguments that choose a page.
pub(super) fn page_arguments(field: Field, settings: &Settings) -> Field {
    let Settings { page, default_page, .. } = settings;
    let number = || TypeRef::named(TypeRef::INT);
    let text = || TypeRef::named(TypeRef::STRING);
    field
        .argument(InputValue::new("first", number()).description(format!(
            "How many rows from the beginning, or after a cursor: up to {page}. \
             {default_page} when nothing is said."
        )))
        .argument(InputValue::new("after", text()).description("Begins after this cursor."))
        .argument(
            InputValue::new("last", number()).description(format!(
                "How many rows from the end, or before a cursor: up to {page}."
            )),
        )
        .argument(InputValue::new("before", text()).description("Ends before this cursor."))
}
