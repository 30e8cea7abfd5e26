//! What a state depends on besides the events that led to it.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Aggregate, Event, schema};

/// The fingerprint of what events come to in a state of this type: the shapes
/// of the state and of the events, how older events are lifted, and
/// [`SNAPSHOT`](Aggregate::SNAPSHOT). A state that was put away under another
/// one may not be what the same events come to today.
#[must_use]
pub fn snapshot_fingerprint<A: Aggregate>() -> [u8; 32] {
    let lifts: Vec<&str> = A::Event::UPCASTS.iter().map(|upcast| upcast.event).collect();
    let mut state = schema::of::<A>();
    let mut event = schema::of::<A::Event>();
    without_words(&mut state);
    without_words(&mut event);
    let depends = json!([A::TYPE, A::SNAPSHOT, state, event, lifts]);
    Sha256::digest(depends.to_string()).into()
}

/// Drops what people read: another wording is no other shape.
fn without_words(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for words in ["description", "title", "examples"] {
                // A field of that name has a schema, not a text.
                if fields.get(words).is_some_and(|value| !value.is_object() && !value.is_boolean())
                {
                    fields.shift_remove(words);
                }
            }
            fields.values_mut().for_each(without_words);
        }
        Value::Array(items) => items.iter_mut().for_each(without_words),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
