//! The fields of an event, out of the JSON that serde made of an enum.

use serde_json::{Map, Value};

use super::{EventRule, names::snake_case};

/// How the variant stood in the JSON. Kept, so that it can be shown that way
/// again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The fields alone.
    Plain,
    /// `{"Opened": {…}}`.
    Tagged(String),
    /// `{"Opened": …}`, with something that has no fields.
    Value(String),
    /// `"Opened"`.
    Unit(String),
}

impl Form {
    /// What kind it is, and the variant's name.
    pub(super) fn parts(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Plain => ("plain", None),
            Self::Tagged(tag) => ("tagged", Some(tag)),
            Self::Value(tag) => ("value", Some(tag)),
            Self::Unit(tag) => ("unit", Some(tag)),
        }
    }
}

/// Takes the fields out. What has no names gets the name `value`.
pub(super) fn fields(
    event_type: &str,
    payload: Value,
    rule: Option<&EventRule>,
) -> (Map<String, Value>, Form) {
    let (mut fields, form) = match payload {
        Value::Object(mut object) => {
            let tag = object.keys().next().filter(|_| object.len() == 1).cloned();
            match tag.filter(|tag| names(event_type, tag)) {
                Some(tag) => match object.remove(&tag).unwrap_or_default() {
                    Value::Object(fields) => (fields, Form::Tagged(tag)),
                    Value::Null => (Map::new(), Form::Value(tag)),
                    value => (alone(value), Form::Value(tag)),
                },
                None => (object, Form::Plain),
            }
        }
        Value::String(tag) if names(event_type, &tag) => (Map::new(), Form::Unit(tag)),
        Value::Null => (Map::new(), Form::Plain),
        value => (alone(value), Form::Plain),
    };
    if let Some(rule) = rule.filter(|rule| !rule.fields.is_empty()) {
        fields = fields
            .into_iter()
            .map(|(name, value)| (rule.fields.get(&name).cloned().unwrap_or(name), value))
            .collect();
    }
    (fields, form)
}

fn alone(value: Value) -> Map<String, Value> {
    Map::from_iter([("value".to_owned(), value)])
}

/// Whether a key is the name of the variant, of which the event's type may
/// have made more: `Opened` of `AccountOpened` or `account.opened`.
fn names(event_type: &str, key: &str) -> bool {
    let (event, key) = (snake_case(event_type), snake_case(key));
    !key.is_empty()
        && event
            .strip_suffix(key.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
}
