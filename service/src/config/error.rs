//! What is wrong with a configuration, told so that it can be put right.

use std::{fmt, io, path::PathBuf};

/// Why a configuration is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there or may not be read.
    #[error("cannot read configuration file {path}: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("configuration file {path} is not TOML: {reason}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// Keys or values that cannot be.
    #[error("the configuration is refused:\n{}", list(.0))]
    Refused(Vec<ConfigFault>),
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// The full name of the key.
    pub key: String,
    /// What it was set to, unless that is secret.
    pub value: String,
    /// Where that was done.
    pub origin: String,
    /// What would be right.
    pub fix: String,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value, origin, fix } = self;
        write!(f, "{key} = {value} ({origin}): {fix}")
    }
}

fn list(faults: &[ConfigFault]) -> String {
    let lines: Vec<_> = faults.iter().map(|fault| format!("  {fault}")).collect();
    lines.join("\n")
}
