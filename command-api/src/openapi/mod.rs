//! The OpenAPI 3.1 document: every declared command as an operation.
//!
//! It depends on the declarations alone, in their order, so that it can be
//! committed and compared.

mod batch;
mod components;
mod operation;
mod parameters;
mod responses;
mod schemas;
#[cfg(test)]
mod tests;

use domain::kernel::{AggregateEntry, Registry};
use serde_json::{Map, Value, json};

use schemas::Schemas;

use crate::routes::{kebab_case, path_of};

/// What the whole API has in common, for whoever reads the document first.
const ABOUT: &str = "Gives orders; it never answers with business data, which is read over \
    GraphQL. An order that brings a thing into being goes to \
    `/v1/{context}/{thing}/{order}`, any other to `/v1/{context}/{thing}/{id}/{order}`. \
    All answer alike.\n\n\
    Repeat safely by sending an `Idempotency-Key`: the same key and body get the first answer \
    again, however often. Rule out lost updates by sending the `ETag` of an earlier answer as \
    `If-Match`. Hand the `Consistency-Token` of an answer to a query to read what was just \
    written.";

/// The document for everything a domain declares.
#[must_use]
pub fn openapi(registry: &Registry) -> Value {
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    let mut refused = Map::new();
    for aggregate in registry.aggregates() {
        let mut definitions = schemas.definitions(aggregate);
        for command in &aggregate.commands {
            let body = definitions.body(command);
            let item = operation::item(aggregate, command, &body);
            paths.insert(path_of(aggregate, command), item);
        }
        refused.insert(responses::refused_name(aggregate), responses::refused(aggregate));
    }
    paths.insert("/v1/batch".to_owned(), batch::item());
    schemas.extend(batch::schemas(registry));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tenantry command API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags(registry),
        "x-tagGroups": tag_groups(registry),
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": components::components(schemas.components(), refused),
    })
}

/// `context/aggregate`.
fn tag(aggregate: &AggregateEntry) -> String {
    format!("{}/{}", kebab_case(aggregate.context), kebab_case(aggregate.name))
}

fn tags(registry: &Registry) -> Vec<Value> {
    let mut tags = vec![];
    for (context, doc) in registry.contexts() {
        tags.push(json!({ "name": kebab_case(context), "description": doc }));
        let members = registry.aggregates().iter().filter(|entry| entry.context == *context);
        tags.extend(members.map(|entry| json!({ "name": tag(entry), "description": entry.doc })));
    }
    tags.push(json!({ "name": "batch", "description": "Several commands at once." }));
    tags
}

fn tag_groups(registry: &Registry) -> Vec<Value> {
    registry
        .contexts()
        .iter()
        .map(|(context, _)| {
            let members = registry.aggregates().iter().filter(|entry| entry.context == *context);
            let tags: Vec<String> = members.map(tag).collect();
            json!({ "name": kebab_case(context), "tags": tags })
        })
        .chain([json!({ "name": "batch", "tags": ["batch"] })])
        .collect()
}

fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}
