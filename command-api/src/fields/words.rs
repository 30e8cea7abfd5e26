//! What the validator found, in our own words.

use jsonschema::{ValidationError, error::ValidationErrorKind as Kind};
use serde_json::{Map, Value};

use super::{FieldError, PERSONAL, expectation, nearest::nearest, path};
use crate::request::kind;

/// The longest part of a text that is shown back.
const SHOWN: usize = 40;

/// One finding may be about several fields.
pub(super) fn of(root: &Value, body: &Value, found: &ValidationError<'_>) -> Vec<FieldError> {
    let at = path::dotted(found.instance_path().as_str());
    let schema = parent(root, found.schema_path().as_str());
    match found.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let expected = expected_field(root, schema, name);
            let message = format!("is missing, expected {expected}");
            vec![FieldError { field: path::below(&at, name), message }]
        }
        Kind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| FieldError {
                field: path::below(&at, name),
                message: unknown(schema, name),
            })
            .collect(),
        Kind::AnyOf { context } => match solid(root, schema) {
            Some(branch) => nested(root, body, context.get(branch)),
            None => vec![FieldError { field: at, message: mismatch(root, schema, found) }],
        },
        Kind::OneOfNotValid { context } => match chosen(root, schema, found.instance()) {
            Some(branch) => nested(root, body, context.get(branch)),
            None => vec![FieldError { field: at, message: mismatch(root, schema, found) }],
        },
        Kind::MaxLength { limit } | Kind::MinLength { limit } => length(schema, found, *limit)
            .map_or_else(Vec::new, |message| vec![FieldError { field: at, message }]),
        Kind::MaxItems { .. } | Kind::MinItems { .. } => {
            vec![FieldError { field: at, message: entries(schema, found) }]
        }
        Kind::Pattern { .. } if schema.get("maxLength").is_some() => {
            let message = "must be printable: neither blank nor with control characters".into();
            vec![FieldError { field: at, message }]
        }
        _ => vec![FieldError { field: at, message: mismatch(root, schema, found) }],
    }
}

/// The decoder's words without the place in a text that the client never saw.
pub(super) fn of_decoder(message: &str) -> String {
    let end = message.rfind(" at line ").unwrap_or(message.len());
    message.get(..end).unwrap_or(message).to_owned()
}

/// The schema that a keyword belongs to.
fn parent<'a>(root: &'a Value, keyword: &str) -> &'a Value {
    let pointer = keyword.rsplit_once('/').map_or("", |(schema, _)| schema);
    root.pointer(pointer).unwrap_or(&Value::Null)
}

fn nested(
    root: &Value,
    body: &Value,
    branch: Option<&Vec<ValidationError<'static>>>,
) -> Vec<FieldError> {
    branch.into_iter().flatten().flat_map(|error| of(root, body, error)).collect()
}

/// The one branch of "this or null" that is not null.
fn solid(root: &Value, schema: &Value) -> Option<usize> {
    let branches = schema.get("anyOf")?.as_array()?;
    branches.iter().position(|branch| !expectation::is_null(expectation::resolve(root, branch)))
}

/// The variant that somebody meant: the one whose field is given.
fn chosen(root: &Value, schema: &Value, given: &Value) -> Option<usize> {
    let given = given.as_object()?;
    let branches = schema.get("oneOf")?.as_array()?;
    branches.iter().position(|branch| {
        let properties = expectation::resolve(root, branch).get("properties");
        let properties = properties.and_then(Value::as_object);
        properties.is_some_and(|fields| fields.keys().any(|name| given.contains_key(name)))
    })
}

fn expected_field(root: &Value, schema: &Value, name: &str) -> String {
    let field = schema.get("properties").and_then(|fields| fields.get(name));
    expectation::of(root, field.unwrap_or(&Value::Null))
}

fn unknown(schema: &Value, name: &str) -> String {
    let none = Map::new();
    let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    if known.is_empty() {
        return "is unknown; there are no fields".to_owned();
    }
    if let Some(name) = nearest(name, known.keys().map(String::as_str)) {
        return format!("is unknown; did you mean {name}?");
    }
    let names: Vec<&str> = known.keys().map(String::as_str).collect();
    format!("is unknown; known are {}", names.join(", "))
}

/// `must be a date like 2026-11-20, is "soon"`.
fn mismatch(root: &Value, schema: &Value, found: &ValidationError<'_>) -> String {
    let expected = expectation::of(root, schema);
    if schema.get(PERSONAL).is_some() && !found.instance().is_null() {
        return format!("must be {expected}");
    }
    format!("must be {expected}, is {}", shown(found.instance()))
}

/// A value as it is shown back.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.chars().count() <= SHOWN => format!("{text:?}"),
        Value::String(text) => format!("{:?}…", text.chars().take(SHOWN).collect::<String>()),
        Value::Array(_) | Value::Object(_) => kind(value).to_owned(),
    }
}

/// Texts are trimmed before they are measured, which the validator does not
/// know: nothing is wrong with one that fits then.
fn length(schema: &Value, found: &ValidationError<'_>, limit: u64) -> Option<String> {
    let text = found.instance().as_str().unwrap_or_default().trim();
    let length = text.chars().count() as u64;
    let too_long = matches!(found.kind(), Kind::MaxLength { .. });
    if too_long && length <= limit && length > 0 {
        return None;
    }
    let range = expectation::range(schema, "minLength", "maxLength").unwrap_or_default();
    Some(format!("must have {range} characters, has {length}"))
}

fn entries(schema: &Value, found: &ValidationError<'_>) -> String {
    let range = expectation::range(schema, "minItems", "maxItems").unwrap_or_default();
    let count = found.instance().as_array().map_or(0, Vec::len);
    format!("must have {range} entries, has {count}")
}
