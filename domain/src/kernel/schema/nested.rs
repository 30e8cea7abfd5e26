//! What is nested in a column.

use serde_json::Value;

use super::{column, text};
use crate::kernel::{Nested, Object};

/// What a schema nests; nothing where it is not a list or an object of known
/// fields, or where it nests itself, since that has no end.
pub(super) fn of<'a>(
    root: &'a Value,
    schema: &'a Value,
    within: &mut Vec<&'a Value>,
) -> Option<Nested> {
    if within.iter().any(|around| std::ptr::eq(*around, schema)) {
        return None;
    }
    within.push(schema);
    let nested = list(root, schema, within)
        .or_else(|| fields(root, schema, within))
        .or_else(|| variants(root, schema, within));
    within.pop();
    nested
}

fn list<'a>(root: &'a Value, schema: &'a Value, within: &mut Vec<&'a Value>) -> Option<Nested> {
    let items = schema.get("items")?;
    Some(Nested::List(Box::new(column(root, "", items, true, within))))
}

fn fields<'a>(root: &'a Value, schema: &'a Value, within: &mut Vec<&'a Value>) -> Option<Nested> {
    let properties = schema.get("properties")?.as_object()?;
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|list| list.iter().any(|it| it == name));
    let fields = properties
        .iter()
        .map(|(name, property)| column(root, name, property, is_required(name), within))
        .collect();
    Some(object(schema, fields))
}

/// The variants of an externally tagged enum of which each has a value: fields
/// of which one is there.
fn variants<'a>(root: &'a Value, schema: &'a Value, within: &mut Vec<&'a Value>) -> Option<Nested> {
    let mut fields = vec![];
    for branch in schema.get("oneOf")?.as_array()? {
        let properties = branch.get("properties")?.as_object()?;
        let mut properties = properties.iter();
        let (Some((name, property)), None) = (properties.next(), properties.next()) else {
            return None;
        };
        let mut field = column(root, name, property, false, within);
        let own = text(branch, "description");
        if !own.is_empty() {
            field.doc = own;
        }
        fields.push(field);
    }
    Some(object(schema, fields))
}

fn object(schema: &Value, fields: Vec<crate::kernel::Column>) -> Nested {
    let (name, doc) = (text(schema, "title"), text(schema, "description"));
    Nested::Object(Object { name, doc, fields })
}
