//! Text that has been looked at: trimmed, bounded, printable.

use std::{borrow::Cow, fmt, ops::Deref};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

/// 1 to `MAX` characters, without control characters, and without white space
/// at either end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Text<const MAX: usize>(String);

/// Anything printable that is not all white space.
pub(super) const PRINTABLE: &str =
    r"^[^\u0000-\u001f\u007f]*[^\s\u0000-\u001f\u007f][^\u0000-\u001f\u007f]*$";

impl<const MAX: usize> Text<MAX> {
    /// Accepts a text, or says why not.
    ///
    /// # Errors
    /// What is wrong with the text, to be read after the name of its field.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let length = text.chars().count();
        if length == 0 || length > MAX {
            return Err(format!("must have 1 to {MAX} characters, has {length}"));
        }
        if text.chars().any(char::is_control) {
            return Err("must not contain control characters".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// What was accepted before, under whichever limits.
    pub(super) const fn trusted(text: String) -> Self {
        Self(text)
    }

    /// What a program writes itself, such as a number or an id: cut off at
    /// `MAX` characters. For what people write, see [`parse`](Self::parse).
    #[must_use]
    pub fn of(value: impl fmt::Display) -> Self {
        let mut text = value.to_string();
        if let Some((end, _)) = text.char_indices().nth(MAX) {
            text.truncate(end);
        }
        Self(text)
    }
}

impl<const MAX: usize> Deref for Text<MAX> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl<const MAX: usize> AsRef<str> for Text<MAX> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What the log holds was accepted under the limits of its day.
        let trusted = !deserializer.is_human_readable();
        let text = String::deserialize(deserializer)?;
        if trusted {
            return Ok(Self::trusted(text));
        }
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl<const MAX: usize> JsonSchema for Text<MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Text{MAX}").into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": MAX,
            "pattern": PRINTABLE,
        })
    }
}
