//! How what is in the source becomes ours.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::names::snake_case;

/// All rules of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// The table of the events, perhaps with its schema.
    pub table: String,
    /// Whose an event is.
    pub tenant: Option<TenantRule>,
    /// In which order events of different streams happened. Left out: by the
    /// column `timestamp` where there is one, else as they lie in the table.
    pub order: Option<OrderRule>,
    /// The key of the metadata that says who acted.
    pub actor: Option<String>,
    /// What becomes of the types, by their names in the source. What is not
    /// named keeps its name, in `snake_case`.
    pub types: BTreeMap<String, TypeRule>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            table: "events".to_owned(),
            tenant: None,
            order: None,
            actor: None,
            types: BTreeMap::new(),
        }
    }
}

/// Where an event's tenant stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantRule {
    /// All events are this tenant's.
    Constant(String),
    /// Under this key of the metadata.
    Metadata(String),
    /// In the part of `aggregate_id` that the parentheses of this regular
    /// expression match.
    Pattern(String),
    /// This SQL expression over a row of the table, named `event`.
    Sql(String),
}

/// By what events of different streams are put in order. Those of one stream
/// always come by their sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderRule {
    /// By a column that holds a time.
    Column(String),
    /// By a time under this key of the metadata.
    Metadata(String),
    /// As the rows lie in the table. That is the order in which they were
    /// inserted as long as nothing was deleted, updated or rewritten: a
    /// heuristic.
    Physical,
}

impl OrderRule {
    /// Whether events have a time by it.
    #[must_use]
    pub const fn has_time(&self) -> bool {
        !matches!(self, Self::Physical)
    }
}

impl std::fmt::Display for OrderRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Column(name) => write!(f, "column:{name}"),
            Self::Metadata(key) => write!(f, "metadata:{key}"),
            Self::Physical => f.write_str("physical"),
        }
    }
}

impl std::str::FromStr for OrderRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("column", name)) if !name.is_empty() => Ok(Self::Column(name.to_owned())),
            Some(("metadata", key)) if !key.is_empty() => Ok(Self::Metadata(key.to_owned())),
            None if text == "physical" => Ok(Self::Physical),
            _ => Err(format!("expected column:NAME, metadata:KEY or physical, got {text:?}")),
        }
    }
}

/// What becomes of a type of aggregates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypeRule {
    /// Its name here.
    pub name: Option<String>,
    /// What becomes of ids.
    pub ids: Ids,
    /// What becomes of its events, by their names in the source.
    pub events: BTreeMap<String, EventRule>,
}

/// What becomes of ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ids {
    /// ULIDs and UUIDs stay as they are; from others one is derived.
    #[default]
    Keep,
    /// All are derived from type and id: for types that share their ids with
    /// another.
    Derive,
}

/// What becomes of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventRule {
    /// Its name here, without that of the aggregate.
    pub name: Option<String>,
    /// Schema versions by `event_version`. What is not named gets the number
    /// it begins with, `2.1` becomes 2.
    pub versions: BTreeMap<String, u16>,
    /// Names of fields here by their names in the source.
    pub fields: BTreeMap<String, String>,
}

/// What an event is called here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) stream_type: String,
    pub(super) event: String,
    pub(super) schema_version: u16,
}

impl Rules {
    /// What an event of the source is called here.
    pub(super) fn target(&self, kind: &str, event: &str, version: &str) -> Target {
        let type_rule = self.types.get(kind);
        let rule = type_rule.and_then(|rule| rule.events.get(event));
        let stream_type = type_rule.and_then(|rule| rule.name.clone());
        let number = || {
            let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok().filter(|number| *number > 0).unwrap_or(1)
        };
        Target {
            stream_type: stream_type.unwrap_or_else(|| snake_case(kind)),
            event: rule.and_then(|rule| rule.name.clone()).unwrap_or_else(|| snake_case(event)),
            schema_version: rule
                .and_then(|rule| rule.versions.get(version).copied())
                .unwrap_or_else(number),
        }
    }

    pub(super) fn event(&self, kind: &str, event: &str) -> Option<&EventRule> {
        self.types.get(kind)?.events.get(event)
    }

    pub(super) fn ids(&self, kind: &str) -> Ids {
        self.types.get(kind).map(|rule| rule.ids).unwrap_or_default()
    }
}
