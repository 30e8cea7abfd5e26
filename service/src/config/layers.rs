//! Defaults, file and environment on top of each other, each value knowing
//! where it came from.

use std::{fs, path::Path};

use figment::{
    Figment, Metadata, Profile, Provider,
    error::Kind,
    providers::{Format, Toml},
    value::{Dict, Map, Num, Tag, Value},
};
use serde::de::DeserializeOwned;

use super::{ConfigError, ConfigFault, DEFAULTS};

const PREFIX: &str = "TENANTRY__";
const ENVIRONMENT: &str = "environment";
const DEFAULT: &str = "default";

/// Keys whose values are never shown.
const SECRETS: &[&str] = &["database.url", "database.direct_url"];

pub(super) struct Layers {
    figment: Figment,
    /// Every key there is, with its default.
    known: Vec<(String, Value)>,
}

struct Layer {
    name: String,
    values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }
    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

impl Layers {
    pub(super) fn read(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let defaults = parse(Path::new("config.default.toml"), DEFAULTS)?;
        let known = leaves(&defaults);
        let mut figment = Figment::from(Layer { name: DEFAULT.to_owned(), values: defaults });
        if let Some(path) = file {
            let text = fs::read_to_string(path)
                .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
            let name = format!("file {}", path.display());
            figment = figment.merge(Layer { name, values: parse(path, &text)? });
        }
        let values = from_environment(environment, &known);
        let figment = figment.merge(Layer { name: ENVIRONMENT.to_owned(), values });
        Ok(Self { figment, known })
    }

    /// Every key that does not exist and every value of another kind than its
    /// default.
    pub(super) fn faults(&self) -> Vec<ConfigFault> {
        let Ok(values) = self.figment.extract::<Value>() else { return vec![] };
        let set = values.as_dict().map(leaves).unwrap_or_default();
        set.iter()
            .filter_map(|(key, value)| {
                let fix = match self.default_of(key) {
                    None => self.no_such(key),
                    Some(default) if kind(default) == kind(value) => return None,
                    // A whole number will do for a fraction.
                    Some(default) if kind(default) == FRACTION && kind(value) == WHOLE => {
                        return None;
                    }
                    Some(default) => format!("expected {}, like {}", kind(default), show(default)),
                };
                Some(self.fault(key, fix))
            })
            .collect()
    }

    /// The configuration itself; what remains to be wrong are numbers out of
    /// range and unknown names.
    pub(super) fn extract<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        self.figment.extract().map_err(|errors| {
            let faults = errors.into_iter().map(|error| {
                let key = error.path.join(".");
                let fix = match &error.kind {
                    Kind::UnknownVariant(_, names) => format!("expected {}", names.join(" or ")),
                    Kind::InvalidValue(..) | Kind::InvalidType(..) => {
                        "expected a whole number in range, and not below 0".to_owned()
                    }
                    other => other.to_string(),
                };
                self.fault(&key, fix)
            });
            ConfigError::Refused(faults.collect())
        })
    }

    /// A fault of a key, with what it is set to and where.
    pub(super) fn fault(&self, key: &str, fix: impl Into<String>) -> ConfigFault {
        let value = self.figment.find_value(key).ok();
        let value = match value {
            Some(_) if SECRETS.contains(&key) => "(hidden)".to_owned(),
            Some(value) => show(&value),
            None => "(nothing)".to_owned(),
        };
        let origin = self.origin(key).unwrap_or_else(|| DEFAULT.to_owned());
        ConfigFault { key: key.to_owned(), value, origin, fix: fix.into() }
    }

    /// The keys that are not at their default because of somebody.
    pub(super) fn origins(&self) -> impl Iterator<Item = (String, String)> {
        self.known.iter().filter_map(|(key, _)| Some((key.clone(), self.origin(key)?)))
    }

    fn origin(&self, key: &str) -> Option<String> {
        match &*self.figment.find_metadata(key)?.name {
            DEFAULT => None,
            ENVIRONMENT => Some(format!("environment variable {}", variable(key))),
            other => Some(other.to_owned()),
        }
    }

    fn default_of(&self, key: &str) -> Option<&Value> {
        self.known.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    fn no_such(&self, key: &str) -> String {
        let near = self.known.iter().map(|(known, _)| (distance(known, key), known)).min();
        match near {
            Some((distance, known)) if distance <= key.len() / 3 => {
                format!("there is no such key; did you mean {known}?")
            }
            _ => "there is no such key; `tenantry config` lists all".to_owned(),
        }
    }
}

fn parse(path: &Path, text: &str) -> Result<Dict, ConfigError> {
    let parsed = Toml::string(text).data().map_err(|error| ConfigError::Malformed {
        path: path.to_owned(),
        reason: error.kind.to_string(),
    })?;
    Ok(parsed.into_values().next().unwrap_or_default())
}

/// The variables that are ours, each read as the kind its key has.
fn from_environment(
    variables: impl IntoIterator<Item = (String, String)>,
    known: &[(String, Value)],
) -> Dict {
    let mut values = Dict::new();
    for (name, text) in variables {
        let Some(key) = name.strip_prefix(PREFIX) else { continue };
        let key = key.to_ascii_lowercase().replace("__", ".");
        let default = known.iter().find(|(known, _)| *known == key);
        let value = typed(text, default.map(|(_, value)| value));
        match key.split_once('.') {
            None => drop(values.insert(key, value)),
            Some((section, name)) => {
                let empty = Value::Dict(Tag::Default, Dict::new());
                if let Value::Dict(_, section) = values.entry(section.into()).or_insert(empty) {
                    section.insert(name.to_owned(), value);
                }
            }
        }
    }
    values
}

/// A text as the kind of value that belongs there; as it is when it cannot be.
fn typed(text: String, default: Option<&Value>) -> Value {
    let parsed = match default {
        Some(Value::Num(_, Num::F64(_))) => text.parse::<f64>().ok().map(Value::from),
        Some(Value::Num(..)) => text.parse::<i64>().ok().map(Value::from),
        Some(Value::Bool(..)) => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::from(text))
}

/// The values below a table, with their full names.
fn leaves(values: &Dict) -> Vec<(String, Value)> {
    let below = |(name, value): (&String, &Value)| match value {
        Value::Dict(_, inner) => {
            leaves(inner).into_iter().map(|(key, value)| (format!("{name}.{key}"), value)).collect()
        }
        value => vec![(name.clone(), value.clone())],
    };
    values.iter().flat_map(below).collect()
}

const WHOLE: &str = "a whole number";
const FRACTION: &str = "a number";

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(..) | Value::Char(..) => "a text",
        Value::Bool(..) => "true or false",
        Value::Num(_, Num::F64(_) | Num::F32(_)) => FRACTION,
        Value::Num(..) => WHOLE,
        Value::Dict(..) => "a section",
        Value::Array(..) | Value::Empty(..) => "a list",
    }
}

fn show(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default().chars().take(80).collect()
}

fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_ascii_uppercase())
}

/// How many letters have to be changed, added or left out to make one word of
/// the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (y, above) in b.chars().zip(row.iter_mut().skip(1)) {
            let here = (diagonal + usize::from(x != y)).min(left + 1).min(*above + 1);
            diagonal = std::mem::replace(above, here);
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
