//! Histories that nobody would write: whatever the event type can hold.

use std::{cell::RefCell, collections::BTreeMap};

use proptest::collection::vec;
use serde_json::Value;

use crate::kernel::{
    Aggregate, EventCodec,
    personal::fields,
    testing::{
        arbitrary::{Manner, any_of, event_variants},
        show,
    },
};

use super::{Broken, calm::calmly, run};

/// How many events such a history has at most.
const MOST: usize = 24;

/// For each event, whether a value of it was ever readable, and else why not.
type Readable = BTreeMap<String, Option<String>>;

/// Checks that every event can be stored and read back, and that any of them
/// can happen at any time.
pub(super) fn check<A: Aggregate>() -> Result<(), Broken> {
    let codec = EventCodec::<A>::new();
    let variants = event_variants::<A>(Manner::Wild);
    let names: Vec<String> = variants.iter().map(|(name, _)| name.clone()).collect();
    let readable = RefCell::new(Readable::new());
    run::run(&vec(any_of(variants), 0..=MOST), |history| {
        live_through(&codec, &read::<A>(history, &mut readable.borrow_mut()))
    })
    .map_err(|(why, history)| {
        let history = read::<A>(&history.unwrap_or_default(), &mut Readable::new());
        format!("{why}\n\nin this history:\n{}", show::list_in_full(&history))
    })?;
    let readable = readable.into_inner();
    for name in names {
        if let Some(Some(why)) = readable.get(&name) {
            return Err(format!(
                "Codec: no value that the schema of {name} allows can be read: {why}"
            ));
        }
    }
    Ok(())
}

/// Schemas say less than types, so that some values are turned away.
fn read<A: Aggregate>(history: &[Value], readable: &mut Readable) -> Vec<A::Event> {
    let mut events = vec![];
    for value in history {
        let name = match value {
            Value::Object(variant) => variant.keys().next().cloned().unwrap_or_default(),
            other => other.as_str().unwrap_or_default().to_owned(),
        };
        match serde_json::from_value(value.clone()) {
            Ok(event) => {
                readable.insert(name, None);
                events.push(event);
            }
            Err(error) => {
                readable.entry(name).or_insert_with(|| Some(error.to_string()));
            }
        }
    }
    events
}

fn live_through<A: Aggregate>(codec: &EventCodec<A>, history: &[A::Event]) -> Result<(), Broken> {
    let mut state = A::default();
    for (place, event) in history.iter().enumerate() {
        store(codec, event, place == 0)?;
        calmly("claims()", || A::claims(event))?;
        calmly("Total: evolve()", || state.evolve(event))?;
    }
    Ok(())
}

/// Stores an event and reads it back, also as a later program might write it.
fn store<A: Aggregate>(
    codec: &EventCodec<A>,
    event: &A::Event,
    with_more: bool,
) -> Result<(), Broken> {
    let stored = codec.encode(event).map_err(|error| format!("Codec: {error}"))?;
    let read = |payload: &[u8]| {
        codec
            .decode(stored.name, stored.schema_version, payload)
            .map_err(|error| format!("Codec: {event:?} cannot be read back: {error}"))
    };
    let again = read(&stored.payload)?;
    if again != *event {
        let (event, again) = show::both(std::slice::from_ref(event), &[again]);
        return Err(format!("Codec: what was stored as\n{event}is read back as\n{again}"));
    }
    if with_more {
        let extended = extended(&stored.payload).map_err(|error| format!("Codec: {error}"))?;
        if read(&extended)? != *event {
            return Err(format!("Codec: an unknown field changes {event:?}"));
        }
    }
    Ok(())
}

/// The same fields and one more.
fn extended(payload: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut fields = fields::read(payload)?;
    fields.insert("added_by_a_later_program".to_owned(), Value::from(1));
    Ok(fields::write(&fields)?)
}
