//! An event as a JSON Schema, draft 2020-12, complete in itself.

use serde_json::{Map, Value, json};

use super::{Listed, envelope};

/// The schema of an event as it travels: a CloudEvent in structured mode.
#[must_use]
pub fn event_schema(listed: Listed<'_>) -> Value {
    let (name, version) = (listed.name(), listed.event.schema_version);
    let mut properties = envelope::attributes();
    for (attribute, known) in envelope::fixed(&name, version) {
        if let (Some(Value::Object(schema)), Value::Object(known)) =
            (properties.get_mut(&attribute), known)
        {
            schema.extend(known);
        }
    }
    let mut data = data(&listed.event.schema);
    let definitions = data.as_object_mut().and_then(|data| data.remove("$defs"));
    properties.insert("data".to_owned(), data);
    let required: Vec<&str> = envelope::REQUIRED.into_iter().chain(["data"]).collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": envelope::urn(&name, version),
        "title": format!("{name} v{version}"),
        "description": listed.event.doc,
        "type": "object",
        "required": required,
        "properties": properties,
    });
    if let (Some(definitions), Value::Object(schema)) = (definitions, &mut schema) {
        schema.insert("$defs".to_owned(), definitions);
    }
    schema
}

/// The schema of an event's fields as others see them: what is personal may
/// have been forgotten, and only those definitions that are used.
pub(super) fn data(schema: &Value) -> Value {
    let mut data = forgettable(schema);
    let used = used(&data);
    if let Some(Value::Object(definitions)) = data.get_mut("$defs") {
        definitions.retain(|name, _| used.contains(name));
        if definitions.is_empty()
            && let Value::Object(data) = &mut data
        {
            data.remove("$defs");
        }
    }
    data
}

/// The definitions that a schema refers to, directly or not.
fn used(schema: &Value) -> Vec<String> {
    let mut found = vec![];
    let definitions = schema.get("$defs");
    let mut open: Vec<&Value> = match schema {
        Value::Object(fields) => {
            fields.iter().filter(|(name, _)| *name != "$defs").map(|(_, field)| field).collect()
        }
        _ => vec![],
    };
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => open.extend(fields.values()),
            Value::Array(items) => open.extend(items),
            Value::String(text) => {
                let Some(name) = text.strip_prefix("#/$defs/") else { continue };
                if !found.iter().any(|known| known == name) {
                    found.push(name.to_owned());
                    open.extend(definitions.and_then(|all| all.get(name)));
                }
            }
            _ => {}
        }
    }
    found
}

/// A schema in which everything personal may be null, as it is once the person
/// was erased.
fn forgettable(schema: &Value) -> Value {
    match schema {
        Value::Object(keywords) => {
            let mut keywords: Map<String, Value> =
                keywords.iter().map(|(name, value)| (name.clone(), forgettable(value))).collect();
            if keywords.get("x-personal") == Some(&Value::Bool(true)) {
                if let Some(Value::String(kind)) = keywords.get("type") {
                    let kind = json!([kind, "null"]);
                    keywords.insert("type".to_owned(), kind);
                } else if keywords.get("type").is_none() {
                    return json!({ "anyOf": [keywords, { "type": "null" }], "x-personal": true });
                }
            }
            Value::Object(keywords)
        }
        Value::Array(items) => items.iter().map(forgettable).collect(),
        leaf => leaf.clone(),
    }
}
