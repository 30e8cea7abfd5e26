//! Over the toy domain, which has everything an event can have.

use std::collections::BTreeMap;

use domain::kernel::{Registry, testing::toy::Toy};
use serde_json::{Value, json};

use super::{event_schema, events, fields};

fn toy() -> Registry {
    Registry::of::<Toy>().unwrap()
}

fn names(registry: &Registry, name: Option<&str>) -> Vec<String> {
    events(registry, name).into_iter().map(|listed| listed.name()).collect()
}

#[test]
fn events_are_found_by_the_names_they_go_by() {
    let toy = toy();
    assert_eq!(names(&toy, None).len(), 6);
    assert_eq!(names(&toy, Some("library")).len(), 6);
    assert_eq!(names(&toy, Some("book")), ["book.acquired", "book.withdrawn"]);
    assert_eq!(names(&toy, Some("loan.lent")), ["loan.lent"]);
    assert_eq!(names(&toy, Some("returned")), ["loan.returned"]);
    assert_eq!(names(&toy, Some("turn")), ["loan.returned"]);
    assert_eq!(names(&toy, Some("torn")), [] as [String; 0]);
}

#[test]
fn a_schema_is_complete_in_itself() {
    let toy = toy();
    for listed in events(&toy, None) {
        let schema = event_schema(listed);
        let definitions = schema.get("$defs").and_then(Value::as_object);
        let text = schema.to_string();
        for reference in text.split("#/$defs/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(definitions.unwrap().contains_key(name), "{name}");
        }
    }
}

#[test]
fn what_is_personal_may_be_null() {
    let toy = toy();
    let schema = event_schema(events(&toy, Some("lent"))[0]);
    let borrower = &schema["properties"]["data"]["properties"]["borrower"];
    assert_eq!(borrower["type"], json!(["string", "null"]));
    assert_eq!(schema["properties"]["schemaversion"]["const"], json!(2));
}

#[test]
fn fields_are_told_in_words() {
    let schema = json!({
        "type": "object",
        "required": ["a", "b", "c", "d"],
        "properties": {
            "a": { "type": "integer", "minimum": -5, "maximum": 5 },
            "b": { "type": "array", "items": { "$ref": "#/$defs/Line" } },
            "c": { "oneOf": [{ "const": "x" }, { "enum": ["y", "z"] }] },
            "d": { "$ref": "#/$defs/Purpose", "x-personal": true },
            "e": { "anyOf": [{ "$ref": "#/$defs/Line" }, { "type": "null" }] },
            "f": { "type": "array", "items": { "$ref": "#/$defs/Guest" } },
        },
        "$defs": {
            "Line": {
                "description": "A line.",
                "type": "object",
                "properties": { "text": { "type": "string", "maxLength": 12_345 } },
            },
            "Guest": {
                "type": "object",
                "properties": { "name": { "type": "string", "x-personal": true } },
            },
            "Purpose": {
                "oneOf": [
                    { "const": "gift", "description": "For nothing." },
                    { "properties": { "debt": { "type": "string", "x-id": "loan", "x-prefix": "lon" } } },
                ],
            },
        },
    });
    let mut types = BTreeMap::new();
    let told: Vec<(String, bool, bool)> = fields(&schema, &mut types)
        .into_iter()
        .map(|field| (field.kind, field.optional, field.personal))
        .collect();
    let line = |kind: &str, optional, personal| (kind.to_owned(), optional, personal);
    assert_eq!(
        told,
        [
            line("integer, within ±5", false, false),
            line("list of Line", false, false),
            line("x | y | z", false, false),
            line("Purpose", false, true),
            line("Line", true, false),
            line("list of Guest", true, true),
        ]
    );
    let super::Shape::Variants(variants) = &types["Purpose"].shape else { panic!("{types:?}") };
    assert_eq!(variants[0].0, "gift");
    assert_eq!(variants[1].0, "debt: id of a loan (lon_…)");
    let super::Shape::Fields(fields) = &types["Line"].shape else { panic!("{types:?}") };
    assert_eq!((fields[0].kind.as_str(), fields[0].optional), ("text, up to 12 345", true));
}
