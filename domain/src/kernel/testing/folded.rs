//! What a fixed history comes to, so that nobody changes it unawares.
//!
//! Stores put states away and take them out again as long as their fingerprint
//! says that the same events come to the same state today. Shapes show in it by
//! themselves; what `evolve` makes of events does not, but for a number that
//! somebody has to raise. This is what reminds them.

use std::{fmt::Write, fs, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::kernel::{Aggregate, snapshot_fingerprint};

use super::arbitrary::{self, Manner};

const FILE: &str = "folded.json";
/// How often every event happens.
const ROUNDS: usize = 4;

/// A history, and the states it led through.
#[derive(Serialize, Deserialize)]
struct Folded {
    /// Under which shapes and which number it was written.
    fingerprint: String,
    history: Vec<Step>,
}

#[derive(Serialize, Deserialize)]
struct Step {
    event: String,
    fields: Map<String, Value>,
    /// The hash of the state it led to.
    state: String,
}

/// What is wrong with the file in an aggregate's folder. It is written when it
/// is missing or of another fingerprint, and may be.
pub(super) fn faults<A: Aggregate>(folder: &Path, write: bool, how: &str) -> Vec<String> {
    let file = folder.join(FILE);
    let written = fs::read_to_string(&file).ok();
    let known: Option<Folded> = written.and_then(|text| serde_json::from_str(&text).ok());
    let known = known.filter(|known| known.fingerprint == fingerprint::<A>());
    match known {
        Some(known) => changed::<A>(&known.history, how).into_iter().collect(),
        None if write => save::<A>(&file).err().into_iter().collect(),
        None => vec![format!(
            "{FILE} is missing, or the shape of the state or of an event has changed since; run \
             this test with {how} to write it, and commit it"
        )],
    }
}

/// The first event that comes to something else than it did.
fn changed<A: Aggregate>(history: &[Step], how: &str) -> Option<String> {
    let mut state = A::default();
    for (number, step) in (1..).zip(history) {
        let Step { event, fields, .. } = step;
        match tagged::<A>(event, fields.clone()) {
            Ok(event) => state.evolve(&event),
            Err(why) => return Some(format!("{FILE}: event {number}, {event}: {why}")),
        }
        if hash(&state) != step.state {
            return Some(format!(
                "{FILE}: event {number}, {event}, comes to another state than when it was \
                 written. If evolve is meant to make something else of it, raise SNAPSHOT of {} \
                 to {}, so that no store takes out a state of before, run this test with {how}, \
                 and commit both",
                A::TYPE,
                A::SNAPSHOT + 1
            ));
        }
    }
    None
}

fn save<A: Aggregate>(file: &Path) -> Result<(), String> {
    let mut state = A::default();
    let mut history = vec![];
    for (name, fields) in imagined::<A>() {
        let Ok(event) = tagged::<A>(&name, fields.clone()) else { continue };
        state.evolve(&event);
        history.push(Step { event: name, fields, state: hash(&state) });
    }
    let story = Folded { fingerprint: fingerprint::<A>(), history };
    let text = serde_json::to_string_pretty(&story).map_err(|error| error.to_string())?;
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    fs::write(file, text + "\n").map_err(|error| error.to_string())
}

/// Every event a few times, in the order of their declaration, which is mostly
/// that of a life, and once against it.
fn imagined<A: Aggregate>() -> Vec<(String, Map<String, Value>)> {
    let samples: Vec<(String, Vec<Value>)> = arbitrary::event_variants::<A>(Manner::Plausible)
        .into_iter()
        .map(|(name, values)| (name, arbitrary::samples(&values, ROUNDS * 4)))
        .collect();
    let mut history = vec![];
    for round in 0..ROUNDS {
        let mut turn: Vec<(String, Map<String, Value>)> = samples
            .iter()
            .filter_map(|(name, values)| {
                let mut fitting = values.iter().filter_map(|value| match value.get(name)? {
                    Value::Object(fields) => {
                        tagged::<A>(name, fields.clone()).ok().map(|_| fields.clone())
                    }
                    _ => None,
                });
                Some((name.clone(), fitting.nth(round)?))
            })
            .collect();
        if round == ROUNDS / 2 {
            turn.reverse();
        }
        history.extend(turn);
    }
    history
}

fn tagged<A: Aggregate>(event: &str, fields: Map<String, Value>) -> Result<A::Event, String> {
    let tagged = Map::from_iter([(event.to_owned(), Value::Object(fields))]);
    serde_json::from_value(Value::Object(tagged)).map_err(|error| error.to_string())
}

fn fingerprint<A: Aggregate>() -> String {
    hex(&snapshot_fingerprint::<A>())
}

fn hash<A: Aggregate>(state: &A) -> String {
    let digest = Sha256::digest(serde_json::to_string(state).unwrap_or_default());
    hex(digest.split_at(8).0)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests;
