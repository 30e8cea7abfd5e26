//! The AsyncAPI 3.0 document: every declared event as a message.

use domain::kernel::{AggregateEntry, Registry, pascal_case};
use serde_json::{Map, Value, json};

use super::{Listed, envelope, schema};

/// What all events have in common, for whoever reads the document first.
const ABOUT: &str = "What happens, tenant by tenant. Every event is a CloudEvent 1.0: its envelope \
    as attributes (headers), its fields as data (payload).\n\n\
    The events of one tenant have the positions 1, 2, 3 … without gaps, in the order in which they \
    were committed. They may come more than once, and then have the same `id`. New events, and new \
    fields in those there are, may appear at any time: pass over what is unknown. What is marked \
    `x-personal` is null once the person was forgotten.";

/// The document for everything a domain declares.
#[must_use]
pub fn asyncapi(registry: &Registry) -> Value {
    let mut components = Components::default();
    let (mut channels, mut operations) = (Map::new(), Map::new());
    for aggregate in registry.aggregates() {
        let messages: Map<String, Value> = aggregate
            .events
            .iter()
            .map(|event| {
                let message = components.message(Listed { aggregate, event });
                (event.name.clone(), reference("messages", &message))
            })
            .collect();
        channels.insert(aggregate.name.to_owned(), channel(aggregate, &messages));
        operations.insert(
            format!("send{}Events", pascal_case(aggregate.name)),
            json!({
                "action": "send",
                "title": aggregate.name,
                "summary": aggregate.events_doc,
                "channel": { "$ref": format!("#/channels/{}", aggregate.name) },
            }),
        );
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tenantry events",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
            "tags": registry.contexts().iter().map(|(name, doc)| {
                json!({ "name": name, "description": doc })
            }).collect::<Vec<_>>(),
        },
        "defaultContentType": "application/json",
        "servers": {
            "events": {
                "host": "{host}",
                "protocol": "https",
                "description": "Wherever events are delivered to.",
                "variables": { "host": { "description": "The receiver." } },
            },
        },
        "channels": channels,
        "operations": operations,
        "components": components.into_json(),
    })
}

fn channel(aggregate: &AggregateEntry, messages: &Map<String, Value>) -> Value {
    json!({
        "address": format!("{{tenant}}/{}/{}", aggregate.context, aggregate.name),
        "title": aggregate.name,
        "description": aggregate.events_doc,
        "parameters": { "tenant": { "$ref": "#/components/parameters/tenant" } },
        "messages": messages,
        "tags": [{ "name": aggregate.context }],
    })
}

#[derive(Default)]
struct Components {
    messages: Map<String, Value>,
    schemas: Map<String, Value>,
}

impl Components {
    /// Takes a message in, and gives its name.
    fn message(&mut self, listed: Listed<'_>) -> String {
        let (name, version) = (listed.name(), listed.event.schema_version);
        let own =
            format!("{}{}", pascal_case(listed.aggregate.name), pascal_case(&listed.event.name));
        self.payload(&own, &listed.event.schema);
        let message = json!({
            "name": name,
            "title": format!("{name} v{version}"),
            "summary": listed.event.doc,
            "contentType": "application/json",
            "headers": {
                "allOf": [
                    reference("schemas", "CloudEvent"),
                    { "type": "object", "properties": envelope::fixed(&name, version) },
                ],
            },
            "payload": reference("schemas", &own),
            "correlationId": { "location": "$message.header#/correlationid" },
            "tags": [{ "name": listed.aggregate.context }, { "name": listed.aggregate.name }],
        });
        self.messages.insert(name.clone(), message);
        name
    }

    /// Takes the schema of an event's fields in under a name of its own, with
    /// all it refers to.
    fn payload(&mut self, own: &str, schema: &Value) {
        let mut data = schema::data(schema);
        let definitions = data.as_object_mut().and_then(|data| data.remove("$defs"));
        let definitions = definitions.unwrap_or_default();
        let definitions = definitions.as_object().cloned().unwrap_or_default();
        // Two that mean different things under one name are told apart by the
        // event; so are all that may refer to them.
        let clash = definitions.iter().any(|(name, meaning)| {
            let known = self.schemas.get(name);
            known.is_some_and(|known| *known != referring(meaning, &str::to_owned))
        });
        let named = |name: &str| if clash { format!("{own}{name}") } else { name.to_owned() };
        for (name, meaning) in &definitions {
            self.schemas.insert(named(name), referring(meaning, &named));
        }
        let mut data = referring(&data, &named);
        if let Value::Object(data) = &mut data {
            data.insert("title".to_owned(), own.into());
        }
        self.schemas.insert(own.to_owned(), data);
    }

    fn into_json(mut self) -> Value {
        let cloud_event = json!({
            "type": "object",
            "title": "CloudEvent",
            "description": "The envelope of every event.",
            "required": envelope::REQUIRED,
            "properties": envelope::attributes(),
        });
        self.schemas.insert("CloudEvent".to_owned(), cloud_event);
        json!({
            "parameters": { "tenant": { "description": "Whose events: `tnt_…`." } },
            "messages": self.messages,
            "schemas": self.schemas,
        })
    }
}

/// A schema whose references lead to components.
fn referring(schema: &Value, named: &dyn Fn(&str) -> String) -> Value {
    match schema {
        Value::Object(fields) => fields
            .iter()
            .map(|(keyword, value)| {
                let target = value.as_str().and_then(|text| text.strip_prefix("#/$defs/"));
                let value = match target {
                    Some(target) if keyword == "$ref" => {
                        format!("#/components/schemas/{}", named(target)).into()
                    }
                    _ => referring(value, named),
                };
                (keyword.clone(), value)
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(|item| referring(item, named)).collect(),
        leaf => leaf.clone(),
    }
}

fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_definitions_of_one_name_are_kept_apart() {
        let mut components = Components::default();
        for (own, word) in [("One", "a"), ("Two", "b"), ("Three", "a")] {
            let schema = json!({
                "type": "object",
                "properties": { "why": { "$ref": "#/$defs/Why" } },
                "$defs": { "Why": { "enum": [word] }, "Unused": {} },
            });
            components.payload(own, &schema);
        }
        let schemas = components.schemas;
        let names: Vec<&str> = schemas.keys().map(String::as_str).collect();
        assert_eq!(names, ["Why", "One", "TwoWhy", "Two", "Three"]);
        let why = |own: &str| schemas.get(own).unwrap().pointer("/properties/why/$ref").cloned();
        assert_eq!(why("One"), Some("#/components/schemas/Why".into()));
        assert_eq!(why("Two"), Some("#/components/schemas/TwoWhy".into()));
        assert_eq!(why("Three"), why("One"));
        assert_eq!(schemas.get("TwoWhy"), Some(&json!({ "enum": ["b"] })));
    }
}
