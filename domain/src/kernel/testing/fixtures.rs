//! Every event version ever stored, read again for ever.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use crate::kernel::{Aggregate, Event, EventCodec};

use super::{arbitrary, folded, show};

/// Set to write the fixtures that are missing. None is ever overwritten.
const WRITE: &str = "TENANTRY_WRITE_FIXTURES";

/// Reads the fixtures of an aggregate's events, `{event}.v{version}.msgpack`
/// with the stored bytes and beside it the same fields for people in `.json`,
/// in the shape of that version. The folder is relative to the package.
///
/// Beside them `folded.json` keeps what a fixed history comes to. When that
/// changes, [`Aggregate::SNAPSHOT`] must be raised.
///
/// # Panics
/// When the bytes of a fixture no longer mean what the JSON says, when an event
/// version has none, or when the history comes to something else.
#[track_caller]
pub fn fixtures<A: Aggregate>(folder: impl AsRef<Path>) {
    let folder = Folder::<A> { path: folder.as_ref(), codec: EventCodec::new() };
    let write = env::var_os(WRITE).is_some_and(|value| value == "1");
    let mut faults = folder.faults(write);
    faults.extend(folded::faults::<A>(folder.path, write, &format!("{WRITE}=1")));
    if !faults.is_empty() {
        let at = folder.path.display();
        show::fail(&format!("the fixtures of {} in {at}\n{}", A::TYPE, faults.join("\n")));
    }
}

struct Folder<'a, A: Aggregate> {
    path: &'a Path,
    codec: EventCodec<A>,
}

impl<A: Aggregate> Folder<'_, A> {
    fn faults(&self, write: bool) -> Vec<String> {
        let mut faults = vec![];
        for (event, current) in self.codec.shapes() {
            for version in 1..=current {
                if write && let Err(why) = self.write(event, version, version == current) {
                    faults.push(format!("{event}.v{version} cannot be written: {why}"));
                }
                if !self.bytes(event, version).exists() {
                    faults.push(missing(event, version, version == current));
                }
            }
        }
        for (event, version) in self.names() {
            if let Err(why) = self.check(&event, version) {
                faults.push(format!("{event}.v{version}: {why}"));
            }
        }
        faults
    }

    fn bytes(&self, event: &str, version: u16) -> PathBuf {
        self.path.join(format!("{event}.v{version}.msgpack"))
    }

    fn words(&self, event: &str, version: u16) -> PathBuf {
        self.path.join(format!("{event}.v{version}.json"))
    }

    /// The event versions whose bytes are in the folder.
    fn names(&self) -> Vec<(String, u16)> {
        let files = fs::read_dir(self.path).into_iter().flatten().flatten();
        let mut names: Vec<_> = files
            .filter_map(|file| {
                let name = file.file_name().into_string().ok()?;
                let (event, version) = name.strip_suffix(".msgpack")?.rsplit_once(".v")?;
                Some((event.to_owned(), version.parse().ok()?))
            })
            .collect();
        names.sort();
        names
    }

    /// Reads both forms, lifts both to the present shape, and compares.
    fn check(&self, event: &str, version: u16) -> Result<(), String> {
        let payload = fs::read(self.bytes(event, version)).map_err(|error| error.to_string())?;
        let stored =
            self.codec.decode(event, version, &payload).map_err(|error| error.to_string())?;
        let words = fs::read_to_string(self.words(event, version))
            .map_err(|error| format!("has no readable .json beside it: {error}"))?;
        let mut fields: Map<String, Value> =
            serde_json::from_str(&words).map_err(|error| error.to_string())?;
        let bytes = rmp_serde::to_vec_named(&fields).map_err(|error| error.to_string())?;
        let meant = self
            .codec
            .decode(event, version, &bytes)
            .map_err(|error| format!("the .json is no such event any more: {error}"))?;
        lift::<A>(event, version, &mut fields);
        let present = serde_json::to_value(&stored).unwrap_or_default();
        let present = present.get(event).cloned().unwrap_or_default();
        if stored != meant {
            return Err(format!("the bytes say {present}, the .json says otherwise"));
        }
        // A field that is gone is passed over in both.
        if let Some(lost) = lost(&Value::Object(fields), &present) {
            return Err(format!(
                "the event has lost {lost}; give the new shape a version of its own, and an \
                 upcast that leads to it"
            ));
        }
        // However odd the moment, a stored event can be lived through.
        A::default().evolve(&stored);
        A::claims(&stored);
        Ok(())
    }

    /// Writes what is missing: a current event from imagination, an older one
    /// from its words.
    fn write(&self, event: &str, version: u16, current: bool) -> Result<(), String> {
        let (bytes, words) = (self.bytes(event, version), self.words(event, version));
        let fields = match (bytes.exists(), words.exists()) {
            (false, true) => {
                let words = fs::read_to_string(&words).map_err(|error| error.to_string())?;
                serde_json::from_str(&words).map_err(|error| error.to_string())?
            }
            (false, false) if current => imagined::<A>(event)?,
            _ => return Ok(()),
        };
        let payload = if current {
            let event: A::Event = serde_json::from_value(tagged(event, fields.clone()))
                .map_err(|error| error.to_string())?;
            self.codec.encode(&event).map_err(|error| error.to_string())?.payload
        } else {
            rmp_serde::to_vec_named(&fields).map_err(|error| error.to_string())?
        };
        fs::create_dir_all(self.path).map_err(|error| error.to_string())?;
        fs::write(bytes, payload).map_err(|error| error.to_string())?;
        if !words.exists() {
            let text = serde_json::to_string_pretty(&fields).map_err(|error| error.to_string())?;
            fs::write(words, text + "\n").map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

/// An event with as much in it as possible, in the shape it has today.
fn imagined<A: Aggregate>(event: &str) -> Result<Map<String, Value>, String> {
    let variants = arbitrary::event_variants::<A>(arbitrary::Manner::Plausible);
    let (_, values) = variants
        .into_iter()
        .find(|(name, _)| name == event)
        .ok_or_else(|| format!("{} has no event {event}", A::TYPE))?;
    let readable = arbitrary::samples(&values, 64)
        .into_iter()
        .filter_map(|value| serde_json::from_value::<A::Event>(value).ok());
    let richest = readable
        .filter_map(|event| serde_json::to_value(event).ok())
        .max_by_key(|value| value.to_string().replace("null", "").len());
    match richest.and_then(|value| value.get(event).cloned()) {
        Some(Value::Object(fields)) => Ok(fields),
        _ => Err("no value that its schema allows can be read; write the .json by hand".to_owned()),
    }
}

fn missing(event: &str, version: u16, current: bool) -> String {
    let file = format!("{event}.v{version}.msgpack is missing");
    if current {
        format!("{file}; run this test with {WRITE}=1 to write it, and commit it")
    } else {
        format!(
            "{file}; write the fields of that version to {event}.v{version}.json, run this test \
             with {WRITE}=1, and commit both"
        )
    }
}

fn lift<A: Aggregate>(event: &str, version: u16, fields: &mut Map<String, Value>) {
    let steps = A::Event::UPCASTS.iter().filter(|upcast| upcast.event == event);
    for upcast in steps.skip(usize::from(version.saturating_sub(1))) {
        (upcast.lift)(fields);
    }
}

fn tagged(event: &str, fields: Map<String, Value>) -> Value {
    Value::Object(Map::from_iter([(event.to_owned(), Value::Object(fields))]))
}

/// The first thing that was said once and is not said now; what is said
/// besides does not matter.
fn lost(then: &Value, now: &Value) -> Option<String> {
    match (then, now) {
        (Value::Object(then), Value::Object(now)) => then.iter().find_map(|(name, value)| {
            let inner = lost(value, now.get(name).unwrap_or(&Value::Null))?;
            Some(if inner.is_empty() { name.clone() } else { format!("{name}.{inner}") })
        }),
        (Value::Array(then), Value::Array(now)) if then.len() == now.len() => {
            then.iter().zip(now).find_map(|(then, now)| lost(then, now))
        }
        (then, now) if then == now => None,
        _ => Some(String::new()),
    }
}

#[cfg(test)]
mod tests;
