//! Values by which people see what is meant, derived from schemas.

use serde_json::{Map, Value, json};

use crate::fields::{CURRENCY, PREFIX, type_of, without_null};

/// A ULID to show.
pub(crate) const ULID: &str = "01J9ZQ8V5M3N8T1W2X4Y6Z7A8B";

/// Nesting beyond which no example helps anybody.
const DEEPEST: usize = 8;

/// A value that a schema accepts, with nothing in it that may be left out.
/// None where it cannot be told from the schema.
pub(crate) fn of(root: &Value, schema: &Value) -> Option<Value> {
    example(root, schema, "value", 0)
}

fn example(root: &Value, schema: &Value, name: &str, depth: usize) -> Option<Value> {
    let schema = without_null(root, schema);
    let text = |keyword: &str| schema.get(keyword).and_then(Value::as_str);
    let first = |keyword: &str| schema.get(keyword).and_then(|list| list.get(0));
    if depth > DEEPEST {
        return None;
    }
    if let Some(given) = first("examples").or(schema.get("const")).or(first("enum")) {
        return Some(given.clone());
    }
    if let Some(branch) = first("oneOf") {
        return example(root, branch, name, depth + 1);
    }
    if let Some(prefix) = text(PREFIX) {
        return Some(format!("{prefix}_{ULID}").into());
    }
    if schema.get(CURRENCY).is_some() {
        return Some("ZAR".into());
    }
    match (type_of(schema), text("format")) {
        ("string", Some("date")) => Some("2026-11-20".into()),
        ("string", Some("date-time")) => Some("2026-11-20T09:30:00Z".into()),
        ("string", _) => words(schema, name),
        ("integer" | "number", _) => Some(number(schema, name).into()),
        ("boolean", _) => Some(true.into()),
        ("array", _) => {
            let item = example(root, schema.get("items")?, name, depth + 1)?;
            Some(json!([item]))
        }
        ("object", _) => object(root, schema, depth),
        _ => None,
    }
}

fn object(root: &Value, schema: &Value, depth: usize) -> Option<Value> {
    let mut fields = Map::new();
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        let field = schema.get("properties")?.get(name)?;
        fields.insert(name.to_owned(), example(root, field, name, depth + 1)?);
    }
    Some(Value::Object(fields))
}

/// `line_id` as `Line id`.
fn words(schema: &Value, name: &str) -> Option<Value> {
    // A pattern without a length is not one of ours: nobody knows what fits.
    if schema.get("pattern").is_some() && schema.get("maxLength").is_none() {
        return None;
    }
    let longest = schema.get("maxLength").and_then(Value::as_u64).unwrap_or(u64::MAX);
    let plain = name.replace('_', " ");
    let mut letters = plain.chars();
    let capital = letters.next().into_iter().flat_map(char::to_uppercase);
    let text: String =
        capital.chain(letters).take(usize::try_from(longest).unwrap_or(usize::MAX)).collect();
    Some(text.trim_end().into())
}

fn number(schema: &Value, name: &str) -> i64 {
    let bound = |keyword| schema.get(keyword).and_then(Value::as_i64);
    let plausible = if name == "minor" { 12_500 } else { 1 };
    plausible.max(bound("minimum").unwrap_or(plausible)).min(bound("maximum").unwrap_or(i64::MAX))
}
