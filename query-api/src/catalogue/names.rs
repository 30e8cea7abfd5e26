//! Names as GraphQL writes them, from names as the kernel writes them.

use std::collections::{BTreeMap, BTreeSet};

/// The names that stand for more than one thing.
pub(super) fn ambiguous<'a, T: PartialEq>(
    named: impl Iterator<Item = (&'a str, T)>,
) -> BTreeSet<String> {
    let mut meanings: BTreeMap<&str, Vec<T>> = BTreeMap::new();
    for (name, meaning) in named {
        let known = meanings.entry(name).or_default();
        if !known.contains(&meaning) {
            known.push(meaning);
        }
    }
    let several = meanings.into_iter().filter(|(_, meanings)| meanings.len() > 1);
    several.map(|(name, _)| name.to_owned()).collect()
}

/// `total_minor` as `totalMinor`.
pub(crate) fn camel_case(name: &str) -> String {
    let pascal = pascal_case(name);
    let mut letters = pascal.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// `wallet_entry` as `WalletEntry`.
pub(crate) fn pascal_case(name: &str) -> String {
    words(name)
        .iter()
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
        })
        .collect()
}

/// `partially_captured` as `PARTIALLY_CAPTURED`; a word that begins with a
/// digit, which GraphQL does not allow, gets an underscore before it.
pub(crate) fn screaming_case(name: &str) -> String {
    let name = words(name).join("_").to_ascii_uppercase();
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// The words of a name, however it joins them.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![];
    let mut word = String::new();
    let mut before_was_lower = false;
    for letter in name.chars() {
        if !letter.is_ascii_alphanumeric() || (letter.is_ascii_uppercase() && before_was_lower) {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_ascii_alphanumeric() {
            word.push(letter);
        }
        before_was_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_graphql_clients_expect() {
        assert_eq!(camel_case("total_minor"), "totalMinor");
        assert_eq!(camel_case("id"), "id");
        assert_eq!(pascal_case("wallet_entry"), "WalletEntry");
        assert_eq!(screaming_case("partially_captured"), "PARTIALLY_CAPTURED");
        assert_eq!(screaming_case("past-due"), "PAST_DUE");
        assert_eq!(screaming_case("PastDue"), "PAST_DUE");
        assert_eq!(screaming_case("EUR"), "EUR");
        assert_eq!(screaming_case("30_days"), "_30_DAYS");
    }
}
