//! How failed expectations are put into words.

use std::fmt::{Debug, Write};

use serde::Serialize;

/// Fails the test.
#[track_caller]
#[expect(clippy::panic, reason = "a failed expectation ends its test, wherever it was stated")]
pub(super) fn fail(message: &str) -> ! {
    panic!("{message}");
}

/// Things in order, one per line.
pub(super) fn list<T: Debug>(things: &[T]) -> String {
    numbered(things.iter().map(|thing| format!("{thing:?}")))
}

/// As [`list`], but also what debug output keeps to itself: personal data.
pub(super) fn list_in_full<T: Serialize>(things: &[T]) -> String {
    numbered(things.iter().map(|thing| serde_json::to_string(thing).unwrap_or_default()))
}

/// Two lists that differ, expected and actual, each put so that it shows.
pub(super) fn both<T: Debug + Serialize>(expected: &[T], actual: &[T]) -> (String, String) {
    let short = (list(expected), list(actual));
    if short.0 == short.1 { (list_in_full(expected), list_in_full(actual)) } else { short }
}

/// Headed paragraphs, one after the other.
pub(super) fn paragraphs(parts: &[(&str, String)]) -> String {
    parts.iter().fold(String::new(), |mut text, (head, body)| {
        let _ = write!(text, "\n{head}\n{body}");
        text
    })
}

pub(super) fn numbered(lines: impl Iterator<Item = String>) -> String {
    let text = lines.enumerate().fold(String::new(), |mut text, (index, line)| {
        let _ = writeln!(text, "    {}. {line}", index + 1);
        text
    });
    if text.is_empty() { "    nothing\n".to_owned() } else { text }
}
