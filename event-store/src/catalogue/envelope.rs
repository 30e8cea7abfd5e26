//! The envelope of an event as attributes of a CloudEvent.
//!
//! Numbers that may exceed 32 bits are text, as CloudEvents demands.

use serde_json::{Map, Value, json};

/// A ULID in its text form.
const ULID: &str = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$";
const COUNT: &str = "^[1-9][0-9]*$";

/// Attributes that every event has.
pub(super) const REQUIRED: [&str; 16] = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "dataschema",
    "recordedtime",
    "tenant",
    "position",
    "streamversion",
    "schemaversion",
    "actor",
    "commandid",
    "correlationid",
];

/// The attributes of any event.
pub(super) fn attributes() -> Map<String, Value> {
    let text = |doc: &str| json!({ "type": "string", "description": doc });
    let ulid = |doc: &str| json!({ "type": "string", "pattern": ULID, "description": doc });
    let time = |doc: &str| json!({ "type": "string", "format": "date-time", "description": doc });
    let count = |doc: &str| json!({ "type": "string", "pattern": COUNT, "description": doc });
    let attributes = [
        (
            "specversion",
            json!({ "type": "string", "const": "1.0", "description": "The version of CloudEvents." }),
        ),
        ("id", ulid("The event's own id: whoever has seen it can pass it over.")),
        (
            "source",
            json!({
                "type": "string",
                "format": "uri-reference",
                "description": "Whose log, and of which kind of thing: \
                    `/{tenant}/{context}/{aggregate}`.",
            }),
        ),
        ("type", text("What happened: `{aggregate}.{event}`.")),
        ("subject", text("To which aggregate, by its id.")),
        ("time", time("When it happened, in the business's eyes.")),
        (
            "datacontenttype",
            json!({ "type": "string", "const": "application/json", "description": "How `data` is written." }),
        ),
        (
            "dataschema",
            json!({ "type": "string", "format": "uri", "description": "The schema of `data`: `urn:tenantry:event:{type}:{schemaversion}`." }),
        ),
        ("recordedtime", time("When it was written down.")),
        (
            "tenant",
            json!({
                "type": "string",
                "pattern": format!("^tnt_{}", ULID.trim_start_matches('^')),
                "description": "Whose log.",
            }),
        ),
        ("position", count("The place in the tenant's log: 1, 2, 3 … without gaps.")),
        ("streamversion", count("The place in the aggregate's life: 1, 2, 3 …")),
        (
            "schemaversion",
            json!({ "type": "integer", "minimum": 1, "maximum": 65_535, "description": "The version of the shape of `data`. Older events come in the present one." }),
        ),
        ("actor", text("Who brought it about: `user:…`, `api_key:…` or `system:…`.")),
        ("commandid", ulid("By which command.")),
        ("correlationid", ulid("What everything that belongs together shares.")),
        ("causationid", ulid("The event that caused the command, unless somebody asked for it.")),
        ("reason", text("Why, in the words of whoever asked.")),
        ("traceparent", text("The W3C trace context of the command, when it was traced.")),
    ];
    attributes.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// The attributes whose values are known from the declaration, with these.
pub(super) fn fixed(name: &str, version: u16) -> Map<String, Value> {
    let known = [
        ("type", json!({ "const": name })),
        ("schemaversion", json!({ "const": version })),
        ("dataschema", json!({ "const": urn(name, version) })),
    ];
    known.into_iter().map(|(attribute, schema)| (attribute.to_owned(), schema)).collect()
}

/// The name of a schema, for ever.
pub(super) fn urn(name: &str, version: u16) -> String {
    format!("urn:tenantry:event:{name}:{version}")
}
