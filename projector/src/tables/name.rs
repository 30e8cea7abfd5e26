//! Names and texts as SQL takes them literally.

/// PostgreSQL cuts longer names off, silently.
const LONGEST: usize = 63;

/// An identifier in quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Several identifiers in quotes, as a list.
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

/// A text constant.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name made of parts. One that would be cut off ends in a hash of the
/// whole instead, so that two long names stay two.
pub(super) fn joined(parts: &[&str]) -> String {
    let name = parts.join("_");
    if name.len() <= LONGEST {
        return name;
    }
    let hash = fingerprint(&name);
    let room = LONGEST - 17;
    let cut = (0..=room).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    format!("{}_{hash:016x}", name.split_at(cut).0)
}

/// What tells names apart, the same in all programs.
pub(crate) fn fingerprint(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_its_quotes() {
        assert_eq!(quoted(r#"a"b"#), r#""a""b""#);
        assert_eq!(literal("it's"), "'it''s'");
    }

    #[test]
    fn long_names_fit_and_stay_apart() {
        let long = "receivables_by_customer_and_currency_and_age_of_the_oldest_debt";
        let (one, other) = (joined(&[long, "one"]), joined(&[long, "other"]));
        assert_eq!((one.len(), other.len()), (LONGEST, LONGEST));
        assert_ne!(one, other);
        assert_eq!(joined(&["short", "pkey"]), "short_pkey");
    }
}
