//! `Prefer` of RFC 7240: wishes, which may be granted or not. What is unknown
//! or malformed is therefore passed over; `Preference-Applied` tells.

use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName};

/// The header of wishes.
pub(crate) const PREFER: HeaderName = HeaderName::from_static("prefer");
/// The header of wishes that came true.
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// How a client wants to be answered.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Preferences {
    /// Decide, answer the events, store nothing.
    pub(crate) validate_only: bool,
    /// Answer once the read models have it, or after so long.
    pub(crate) wait: Option<Duration>,
}

impl Preferences {
    /// Reads the wishes of all headers; of one that is repeated the first
    /// counts.
    pub(crate) fn read(from: &HeaderMap) -> Self {
        let mut preferences = Self::default();
        let values = from.get_all(PREFER).filter_map(|value| value.to_str().ok());
        for wish in values.flat_map(|value| value.split(',')) {
            let wish = wish.split(';').next().unwrap_or_default();
            let (name, value) = wish.split_once('=').unwrap_or((wish, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "validate-only" => preferences.validate_only = true,
                "wait" if preferences.wait.is_none() => {
                    preferences.wait = value.parse().ok().map(Duration::from_secs);
                }
                _ => {}
            }
        }
        preferences
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn read(values: &[&'static str]) -> Preferences {
        let mut map = HeaderMap::new();
        for value in values {
            map.append(PREFER, HeaderValue::from_static(value));
        }
        Preferences::read(&map)
    }

    #[test]
    fn wishes_may_share_a_header_or_not() {
        let both = Preferences { validate_only: true, wait: Some(Duration::from_secs(5)) };
        assert_eq!(read(&["validate-only, wait=5"]), both);
        assert_eq!(read(&["Wait = \"5\"; strict", "respond-async, Validate-Only"]), both);
    }

    #[test]
    fn what_cannot_be_granted_is_passed_over() {
        assert_eq!(read(&["wait=soon, handling=strict", "wait"]), Preferences::default());
    }
}
