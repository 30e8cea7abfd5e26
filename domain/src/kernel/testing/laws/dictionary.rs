//! Random commands that speak of what is the case.
//!
//! Chance rarely names the one amount that is due or the one line that is
//! there. So some commands have a value replaced by one of its kind that is
//! found in a state.

use serde_json::Value;
use ulid::{ULID_LEN, Ulid};

/// Replaces the ids in a command by those of somebody who is there.
pub(super) fn name(command: &mut Value, somebody: impl Fn(&str) -> Option<Ulid>) {
    let mut leaves = vec![];
    leaves_mut(command, &mut leaves);
    for leaf in leaves {
        let prefix = leaf.as_str().map(shape).filter(|(_, length)| *length == ULID_LEN);
        let found = prefix.and_then(|(prefix, _)| Some((prefix, somebody(prefix)?)));
        if let Some(text) = found.map(|(prefix, id)| format!("{prefix}_{id}")) {
            *leaf = Value::String(text);
        }
    }
}

/// Replaces one of the command's values by one of the same kind in the states.
pub(super) fn echo(command: &mut Value, states: &[Value], (place, choice): (usize, usize)) {
    let mut known = vec![];
    for state in states {
        leaves(state, &mut known);
    }
    let mut leaves = vec![];
    leaves_mut(command, &mut leaves);
    let count = leaves.len().max(1);
    let Some(leaf) = leaves.into_iter().nth(place % count) else { return };
    let alike: Vec<&Value> = known.into_iter().filter(|value| alike(leaf, value)).collect();
    if let Some(value) = alike.get(choice % alike.len().max(1)) {
        *leaf = (*value).clone();
    }
}

fn leaves<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| leaves(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => found.push(value),
    }
}

fn leaves_mut<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| leaves_mut(item, found)),
        Value::Object(fields) => fields.values_mut().for_each(|field| leaves_mut(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => found.push(value),
    }
}

/// Numbers are alike, and so are ids of one kind, dates, codes of three
/// letters, and any other texts.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(_), Value::Number(_)) => true,
        (Value::String(one), Value::String(other)) => shape(one) == shape(other),
        _ => false,
    }
}

fn shape(text: &str) -> (&str, usize) {
    match text.split_once('_') {
        Some((prefix, id)) if id.len() == ULID_LEN => (prefix, id.len()),
        _ if text.len() == 10 && text.split('-').count() == 3 => ("date", 10),
        _ if text.len() == 3 && text.chars().all(|c| c.is_ascii_uppercase()) => ("code", 3),
        _ => ("", 0),
    }
}
