//! Strings: ids, dates, codes and words from small pools.

use proptest::{
    sample::select,
    strategy::{BoxedStrategy, Strategy},
    string::string_regex,
};
use serde_json::Value;

use crate::kernel::{testing::fixed, text::PRINTABLE};

use super::{Manner, samples};

const WORDS: [&str; 5] =
    ["alpha", "beta", "ann@example.com", "bob@example.com", "Zoë O’Neill 東京"];
const DATES: [&str; 8] = [
    "2026-01-15",
    "2026-01-16",
    "2026-02-14",
    "2026-01-31",
    "2026-02-28",
    "2026-12-31",
    "2025-01-01",
    "2027-12-31",
];
const TIMES: [&str; 6] = [
    "2026-01-15T09:00:00Z",
    "2026-01-15T23:59:59.999999Z",
    "2026-02-14T00:00:00Z",
    "2026-03-01T12:30:00Z",
    "2025-01-01T00:00:00Z",
    "2027-12-31T23:59:59Z",
];

/// Strings that a schema describes.
pub(super) fn values(schema: &Value, manner: Manner) -> BoxedStrategy<Value> {
    select(pool(schema, manner)).prop_map(Value::String).boxed()
}

/// All strings that are used for a schema, the plainest first, never none.
pub(super) fn pool(schema: &Value, manner: Manner) -> Vec<String> {
    let keyword = |name: &str| schema.get(name).and_then(Value::as_str);
    if let Some(prefix) = keyword("x-prefix") {
        return ids(prefix);
    }
    if schema.get("x-currency").is_some() {
        return owned(&["ZAR", "ZAR", "ZAR", "USD"]);
    }
    match (keyword("format"), keyword("pattern")) {
        (Some("date"), _) => owned(&DATES),
        (Some("date-time"), _) => owned(&TIMES),
        (Some("email"), _) => owned(&["thandi@example.com", "sipho@example.com"]),
        (Some("uri"), _) => owned(&["https://example.com/a", "https://example.com/b"]),
        (Some("uuid"), _) => owned(&["019bc0e0-0000-7000-8000-000000000001"]),
        (_, Some(PRINTABLE) | None) => words(schema, manner),
        (_, Some(pattern)) => matching(pattern, schema),
    }
}

/// The identifiers of one kind; the first is chosen as often as the others
/// together.
fn ids(prefix: &str) -> Vec<String> {
    [1, 1, 2, 3].map(|number| format!("{prefix}_{}", fixed::ulid_of(prefix, number))).into()
}

fn words(schema: &Value, manner: Manner) -> Vec<String> {
    let (min, max) = lengths(schema);
    let mut words = owned(&WORDS);
    if manner == Manner::Wild {
        words.extend([String::new(), "x".repeat(max.min(1_000))]);
    }
    words.iter().map(|word| fitted(word, min, max)).collect()
}

/// A word made as long as it must be and no longer than it may be.
fn fitted(word: &str, min: usize, max: usize) -> String {
    let padding = "x".repeat(min.saturating_sub(word.chars().count()));
    format!("{word}{padding}").chars().take(max).collect()
}

/// A few strings that match a pattern, the same in every run.
fn matching(pattern: &str, schema: &Value) -> Vec<String> {
    let (min, max) = lengths(schema);
    if let Some(prefix) = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix(ID_SHAPE)) {
        return ids(prefix);
    }
    let bare = pattern.strip_prefix('^').unwrap_or(pattern);
    let bare = bare.strip_suffix('$').unwrap_or(bare);
    let Ok(strings) = string_regex(bare) else { return words(schema, Manner::Plausible) };
    let mut found: Vec<String> = samples(&strings, 64)
        .into_iter()
        .filter(|text| (min..=max).contains(&text.chars().count()))
        .take(4)
        .collect();
    if found.is_empty() {
        found = words(schema, Manner::Plausible);
    }
    found
}

/// What follows the prefix in the pattern of every id.
const ID_SHAPE: &str = "_[0-7][0-9A-HJKMNP-TV-Z]{25}$";

fn lengths(schema: &Value) -> (usize, usize) {
    let stated = |keyword: &str| {
        schema.get(keyword).and_then(Value::as_u64).and_then(|length| usize::try_from(length).ok())
    };
    (stated("minLength").unwrap_or(0), stated("maxLength").unwrap_or(64))
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
