//! What a schema asks for, in words.

use serde_json::Value;

use crate::example::ULID;

/// The keyword that marks currencies.
pub(crate) const CURRENCY: &str = "x-currency";
/// The keyword that marks values about a person.
pub(crate) const PERSONAL: &str = "x-personal";
/// The keyword that says what an id begins with.
pub(crate) const PREFIX: &str = "x-prefix";

/// What is expected, to be read after "expected" or "must be".
pub(super) fn of(root: &Value, schema: &Value) -> String {
    let schema = without_null(root, schema);
    let text = |keyword: &str| schema.get(keyword).and_then(Value::as_str);
    if let Some(prefix) = text(PREFIX) {
        return format!("an id like {prefix}_{ULID}");
    }
    if schema.get(CURRENCY).is_some() {
        return "an ISO 4217 currency code such as ZAR".to_owned();
    }
    if let Some(choice) = choice(root, schema) {
        return choice;
    }
    match (type_of(schema), text("format")) {
        ("string", Some("date")) => "a date like 2026-11-20".to_owned(),
        ("string", Some("date-time")) => "a time like 2026-11-20T09:30:00Z".to_owned(),
        ("string", _) => format!("a text{}", characters(schema)),
        ("integer", _) => format!("a whole number{}", bounds(schema)),
        ("number", _) => format!("a number{}", bounds(schema)),
        ("boolean", _) => "true or false".to_owned(),
        ("array", _) => "a list".to_owned(),
        ("object", _) => "an object".to_owned(),
        _ => "another value".to_owned(),
    }
}

/// The words and fields between which one must choose.
fn choice(root: &Value, schema: &Value) -> Option<String> {
    let (words, fields) = choices(root, schema);
    let words = words.join(", ");
    let fields = fields.join(", ");
    match (words.as_str(), fields.as_str()) {
        ("", "") => None,
        (words, "") => Some(format!("one of {words}")),
        ("", fields) => Some(format!("an object with one of the fields {fields}")),
        (words, fields) => {
            Some(format!("one of {words}, or an object with one of the fields {fields}"))
        }
    }
}

/// What an enum consists of: words, and variants that hold something.
pub(super) fn choices<'a>(root: &'a Value, schema: &'a Value) -> (Vec<&'a str>, Vec<&'a str>) {
    let list = |keyword| schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
    let mut words: Vec<&str> = list("enum").filter_map(Value::as_str).collect();
    let mut fields = vec![];
    for branch in list("oneOf").map(|branch| resolve(root, branch)) {
        words.extend(branch.get("const").and_then(Value::as_str));
        words.extend(
            branch
                .get("enum")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str),
        );
        let properties = branch.get("properties").and_then(Value::as_object);
        fields.extend(properties.into_iter().flat_map(|fields| fields.keys().map(String::as_str)));
    }
    (words, fields)
}

/// Sees through a reference.
pub(crate) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| root.pointer(reference.strip_prefix('#')?))
        .unwrap_or(schema)
}

/// Sees through a reference and through "or null".
pub(crate) fn without_null<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = resolve(root, schema);
    let choices = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    choices.map(|choice| resolve(root, choice)).find(|choice| !is_null(choice)).unwrap_or(schema)
}

/// Whether a schema allows null and nothing else.
pub(super) fn is_null(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "null")
}

/// The first type that is not null.
pub(crate) fn type_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(one)) => one,
        Some(Value::Array(several)) => {
            several.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null")
        }
        _ => "",
    }
}

/// ` of 1 to 80 characters`.
fn characters(schema: &Value) -> String {
    range(schema, "minLength", "maxLength")
        .map_or_else(String::new, |range| format!(" of {range} characters"))
}

/// ` from 1 to 100`.
fn bounds(schema: &Value) -> String {
    match (schema.get("minimum"), schema.get("maximum")) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        (Some(min), None) => format!(" of at least {min}"),
        (None, Some(max)) => format!(" of at most {max}"),
        (None, None) => String::new(),
    }
}

/// `1 to 80`, `at least 1`, `at most 80`.
pub(super) fn range(schema: &Value, min: &str, max: &str) -> Option<String> {
    match (schema.get(min), schema.get(max)) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}")),
        (Some(min), None) => Some(format!("at least {min}")),
        (None, Some(max)) => Some(format!("at most {max}")),
        (None, None) => None,
    }
}
