//! One configuration for all processes: defaults, then a file, then the
//! environment.
//!
//! `config.default.toml` is the reference and the only place where defaults
//! are written down. Nothing outside this module reads the environment for
//! settings. A mistake is refused at the start, with the key, what it was set
//! to, where, and what would be right.

mod error;
mod layers;
mod rules;
mod sections;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::layers::Layers;

pub use error::{ConfigError, ConfigFault};
pub use sections::{
    Auth, Cold, CommandApi, Database, Integrity, Keys, Log, LogFormat, Projector, QueryApi,
    Shutdown, Telemetry, Worker,
};

/// Every key with its meaning and default.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// What all processes are told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where PostgreSQL is and how it is used.
    pub database: Database,
    /// How the log is written and followed.
    pub log: Log,
    /// The write side's HTTP server.
    pub command_api: CommandApi,
    /// The read side's HTTP server and its limits.
    pub query_api: QueryApi,
    /// How read models are kept up to date.
    pub projector: Projector,
    /// How reactions are run.
    pub worker: Worker,
    /// How logs are made proof against alteration.
    pub integrity: Integrity,
    /// Where old events go, and when.
    pub cold: Cold,
    /// Who issues tokens and what they look like.
    pub auth: Auth,
    /// The keys of personal data.
    pub keys: Keys,
    /// What the processes tell about themselves.
    pub telemetry: Telemetry,
    /// How a process ends.
    pub shutdown: Shutdown,
    /// Where each value came from that is not a default, and what it was.
    #[serde(skip)]
    origins: BTreeMap<String, (String, Value)>,
}

impl Config {
    /// The defaults, changed by the file, changed by the environment.
    ///
    /// # Errors
    /// When the file cannot be read, or with everything that is wrong in it or
    /// in the environment.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::load_from(
            file,
            std::env::vars_os().filter_map(|(name, value)| {
                Some((name.into_string().ok()?, value.into_string().ok()?))
            }),
        )
    }

    fn load_from(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let layers = Layers::read(file, environment)?;
        let faults = layers.faults();
        if !faults.is_empty() {
            return Err(ConfigError::Refused(faults));
        }
        let mut config: Self = layers.extract()?;
        let faults = rules::broken_by(&config).map(|(key, fix)| layers.fault(key, fix)).collect();
        let faults: Vec<ConfigFault> = faults;
        if !faults.is_empty() {
            return Err(ConfigError::Refused(faults));
        }
        let values = config.values();
        config.origins = layers
            .origins()
            .filter_map(|(key, origin)| {
                let value = find(&values, &key)?.clone();
                Some((key, (origin, value)))
            })
            .collect();
        Ok(config)
    }

    /// What is in effect, as a commented file: the defaults as they are
    /// written down, with the values in place and, where one is not the
    /// default, who set it. Secrets are left out.
    #[must_use]
    pub fn effective(&self) -> String {
        let (values, defaults) = (self.values(), Self::default().values());
        let mut text = String::with_capacity(DEFAULTS.len() + 256);
        let mut section = "";
        for line in DEFAULTS.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name;
            }
            let setting = line.split_once(" = ").filter(|_| !line.starts_with('#'));
            let line = match setting {
                None => line.to_owned(),
                Some((name, _)) => {
                    let key = format!("{section}.{name}");
                    let value = find(&values, &key).unwrap_or(&Value::Null);
                    let origin = self.origin(&key, value, find(&defaults, &key));
                    format!("{name} = {value}{origin}")
                }
            };
            text.extend([&*line, "\n"]);
        }
        text
    }

    fn origin(&self, key: &str, value: &Value, default: Option<&Value>) -> String {
        match self.origins.get(key) {
            Some((origin, set)) if set == value => format!("  # from {origin}"),
            _ if default == Some(value) => String::new(),
            _ => "  # from the command line".to_owned(),
        }
    }

    fn values(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl Default for Config {
    #[expect(clippy::expect_used, reason = "the defaults are compiled in, and a test loads them")]
    fn default() -> Self {
        Self::load_from(None, []).expect("the compiled-in defaults are a configuration")
    }
}

fn find<'a>(values: &'a Value, key: &str) -> Option<&'a Value> {
    key.split('.').try_fold(values, |value, name| value.get(name))
}
