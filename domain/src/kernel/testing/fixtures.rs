//! Every event version ever stored, read again for ever; and the guard that no
//! shape changes unnoticed.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use crate::kernel::{Aggregate, Event, EventCodec};

use super::{arbitrary, folded, show};

mod kept;
mod shape;
#[cfg(test)]
mod tests;

pub use kept::kept;

/// Set to write the fixtures that are missing. None is ever overwritten.
const WRITE: &str = "TENANTRY_WRITE_FIXTURES";

/// Reads the fixtures of an aggregate's events, `{event}.v{version}.msgpack`
/// with the stored bytes and beside it the same fields for people in `.json`,
/// in the shape of that version, which `.shape.json` tells. A version whose
/// shape was enlarged has a set of each: the second is `{event}.v{version}.2`.
/// The folder is relative to the package.
///
/// Beside them `folded.json` keeps what a fixed history comes to. When that
/// changes, [`Aggregate::SNAPSHOT`] must be raised.
///
/// # Panics
/// When the bytes of a fixture no longer mean what the JSON says, when an event
/// version has none, when an event has not the shape that was recorded, or when
/// the history comes to something else: what must be done is in the message.
#[track_caller]
pub fn fixtures<A: Aggregate>(folder: impl AsRef<Path>) {
    let folder = Folder::<A> { path: folder.as_ref(), codec: EventCodec::new() };
    let mut faults = folder.faults(writing());
    faults.extend(folded::faults::<A>(folder.path, writing(), &format!("{WRITE}=1")));
    if !faults.is_empty() {
        let at = folder.path.display();
        show::fail(&format!("the fixtures of {} in {at}\n{}", A::TYPE, faults.join("\n")));
    }
}

/// Whether fixtures that are missing are to be written.
fn writing() -> bool {
    env::var_os(WRITE).is_some_and(|value| value == "1")
}

struct Folder<'a, A: Aggregate> {
    path: &'a Path,
    codec: EventCodec<A>,
}

/// One of the fixtures of an event version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edition {
    event: String,
    version: u16,
    /// 1, and one more for every time that the shape was enlarged.
    number: u16,
}

impl Edition {
    fn first(event: &str, version: u16) -> Self {
        Self { event: event.to_owned(), version, number: 1 }
    }

    fn next(&self) -> Self {
        Self { number: self.number + 1, ..self.clone() }
    }

    /// From the name of a file, without what tells its kind.
    fn parse(name: &str) -> Option<Self> {
        let (event, numbers) = name.rsplit_once(".v")?;
        let (version, number) = numbers.split_once('.').unwrap_or((numbers, "1"));
        let (version, number) = (version.parse().ok()?, number.parse().ok()?);
        Some(Self { event: event.to_owned(), version, number })
    }
}

impl std::fmt::Display for Edition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { event, version, number } = self;
        match number {
            1 => write!(f, "{event}.v{version}"),
            _ => write!(f, "{event}.v{version}.{number}"),
        }
    }
}

impl<A: Aggregate> Folder<'_, A> {
    fn faults(&self, write: bool) -> Vec<String> {
        let mut faults = vec![];
        for (event, current) in self.codec.shapes() {
            for version in 1..=current {
                let first = Edition::first(event, version);
                let now = version == current;
                if write && let Err(why) = self.write(&first, now) {
                    faults.push(format!("{first} cannot be written: {why}"));
                }
                if !self.bytes(&first).exists() {
                    faults.push(missing(&first, now));
                }
            }
            faults.extend(self.shape_faults(event, current, write));
        }
        for edition in self.editions() {
            if let Err(why) = self.check(&edition) {
                faults.push(format!("{edition}: {why}"));
            }
        }
        faults
    }

    fn bytes(&self, edition: &Edition) -> PathBuf {
        self.path.join(format!("{edition}.msgpack"))
    }

    fn words(&self, edition: &Edition) -> PathBuf {
        self.path.join(format!("{edition}.json"))
    }

    fn shape(&self, edition: &Edition) -> PathBuf {
        self.path.join(format!("{edition}.shape.json"))
    }

    /// The editions whose bytes are in the folder.
    fn editions(&self) -> Vec<Edition> {
        let files = fs::read_dir(self.path).into_iter().flatten().flatten();
        let mut editions: Vec<_> = files
            .filter_map(|file| {
                let name = file.file_name().into_string().ok()?;
                Edition::parse(name.strip_suffix(".msgpack")?)
            })
            .collect();
        editions.sort();
        editions
    }

    /// Holds the present shape of an event to all that were recorded of its
    /// version. Without a fault where an edition is missing altogether, which
    /// is told elsewhere.
    fn shape_faults(&self, event: &str, version: u16, write: bool) -> Vec<String> {
        let Some(now) = shape::of::<A::Event>(event) else { return vec![] };
        let editions = self.editions();
        let editions: Vec<_> = editions
            .into_iter()
            .filter(|edition| edition.event == event && edition.version == version)
            .collect();
        let Some(latest) = editions.last() else { return vec![] };
        if write && !self.shape(latest).exists() {
            return write_json(&self.shape(latest), &now).err().into_iter().collect();
        }
        let mut additions = vec![];
        for edition in &editions {
            let recorded = match read_json(&self.shape(edition)) {
                Ok(recorded) => recorded,
                Err(why) => return vec![unshaped(edition, &why)],
            };
            let differences = shape::differences(&recorded, &now);
            let (broken, added): (Vec<_>, Vec<_>) =
                differences.into_iter().partition(|difference| difference.breaks);
            if !broken.is_empty() {
                return vec![changed::<A>(edition, &broken)];
            }
            additions = added;
        }
        match additions.is_empty() {
            true => vec![],
            false if write => self.enlarge(&latest.next(), &now).err().into_iter().collect(),
            false => vec![enlarged(latest, &additions)],
        }
    }

    /// Keeps an enlarged shape, and an event of it.
    fn enlarge(&self, edition: &Edition, now: &Value) -> Result<(), String> {
        self.write(edition, true).and_then(|()| write_json(&self.shape(edition), now))
    }

    /// Reads both forms, lifts both to the present shape, and compares.
    fn check(&self, edition: &Edition) -> Result<(), String> {
        let Edition { event, version, .. } = edition;
        let (event, version) = (event.as_str(), *version);
        let payload = fs::read(self.bytes(edition)).map_err(|error| error.to_string())?;
        let stored =
            self.codec.decode(event, version, &payload).map_err(|error| error.to_string())?;
        let words = fs::read_to_string(self.words(edition))
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
    fn write(&self, edition: &Edition, current: bool) -> Result<(), String> {
        let event = edition.event.as_str();
        let (bytes, words) = (self.bytes(edition), self.words(edition));
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
            write_json(&words, &Value::Object(fields))?;
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

fn missing(edition: &Edition, current: bool) -> String {
    let file = format!("{edition}.msgpack is missing");
    if current {
        format!("{file}; run this test with {WRITE}=1 to write it, and commit it")
    } else {
        format!(
            "{file}; write the fields of that version to {edition}.json, run this test with \
             {WRITE}=1, and commit both"
        )
    }
}

fn unshaped(edition: &Edition, why: &str) -> String {
    format!(
        "{edition}.shape.json cannot be read ({why}); if it never was there, run this test with \
         {WRITE}=1 to write it, and commit it; else put it back as it was"
    )
}

fn lines(differences: &[shape::Difference]) -> String {
    let lines: Vec<String> =
        differences.iter().map(|difference| format!("    {difference}")).collect();
    lines.join("\n")
}

/// What to do about a shape that cannot hold what is stored.
fn changed<A: Aggregate>(edition: &Edition, differences: &[shape::Difference]) -> String {
    let Edition { event, version, .. } = edition;
    let (aggregate, next) = (A::TYPE, version + 1);
    format!(
        "{edition}: {aggregate}.{event} has another shape than the events that are stored\n\
         {lines}\n  \
         Stored events never change. Take the change back, or give the new shape a version:\n  \
         1. add `Upcast {{ event: \"{event}\", lift: … }}` at the end of the event's UPCASTS: it \
         makes of the fields of v{version} those of v{next}; where the fields stay as they are, it \
         does nothing;\n  \
         2. run this test with {WRITE}=1, and commit the fixtures of v{next} that it adds.\n  \
         A new field with #[serde(default)], or an Option, needs no version.",
        lines = lines(differences)
    )
}

/// What to do about a shape that holds what is stored, and more.
fn enlarged(edition: &Edition, differences: &[shape::Difference]) -> String {
    format!(
        "{edition}: the event's shape was enlarged, and what is stored still fits\n{lines}\n  \
         Run this test with {WRITE}=1 to record it, and commit the fixtures of {next} that it adds.",
        lines = lines(differences),
        next = edition.next()
    )
}

fn read_json(file: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

fn write_json(file: &Path, value: &Value) -> Result<(), String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
    fs::write(file, text + "\n")
        .map_err(|error| format!("{} cannot be written: {error}", file.display()))
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
