//! What is wrong with the fields of a command, all at once and in words.
//!
//! Decoding stops at the first field it cannot take, and that is all the warm
//! path does. Only when it fails is the body held against the command's JSON
//! Schema, which finds everything. What a schema cannot say, such as that a
//! text is out of bounds once trimmed, is left to the decoder's own words.

mod expectation;
mod nearest;
mod path;
#[cfg(test)]
mod tests;
mod words;

use domain::kernel::Currency;
use jsonschema::{Keyword, ValidationError, Validator, paths::Location};
use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) use expectation::{CURRENCY, PERSONAL, PREFIX, type_of, without_null};
pub(crate) use path::below;
pub(crate) use words::shown;

/// One field and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    /// Its path: `lines[0].unit_price.minor`.
    pub(crate) field: String,
    /// What is wrong, to be read after the path.
    pub(crate) message: String,
}

/// The fields of one command, ready to be checked.
pub(crate) struct Fields {
    validator: Validator,
    /// Whether some field is about a person.
    personal: bool,
}

impl Fields {
    /// Compiles a command's schema.
    ///
    /// # Errors
    /// What is wrong with the schema.
    pub(crate) fn compile(schema: &Value) -> Result<Self, String> {
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .with_keyword(CURRENCY, currency)
            .build(schema)
            .map_err(|error| error.to_string())?;
        Ok(Self { validator, personal: mentions_a_person(schema) })
    }

    /// Whether the decoder would take this although the schema does not: null
    /// stands for an erased value in the log, which nobody may send.
    pub(crate) fn hides_a_person(&self, body: &Map<String, Value>) -> bool {
        self.personal && body.values().any(has_null)
    }

    /// Everything the schema finds wrong.
    pub(crate) fn errors(&self, schema: &Value, body: &Value) -> Vec<FieldError> {
        let mut errors: Vec<FieldError> = vec![];
        for found in self.validator.iter_errors(body) {
            for error in words::of(schema, body, &found) {
                // Of several things wrong with one field the first is enough.
                if errors.iter().all(|known| known.field != error.field) {
                    errors.push(error);
                }
            }
        }
        errors
    }

    /// Everything the schema finds wrong, and what the decoder stumbled over
    /// if that is not among it.
    pub(crate) fn errors_with(
        &self,
        schema: &Value,
        body: &Value,
        stumbled: FieldError,
    ) -> Vec<FieldError> {
        let mut errors = self.errors(schema, body);
        let FieldError { field, message } = stumbled;
        let known = errors.iter().any(|error| path::overlap(&error.field, &field));
        if !known {
            errors.push(FieldError { field, message: words::of_decoder(&message) });
        }
        errors
    }
}

/// Whether a schema, or anything it refers to, is about a person.
fn mentions_a_person(root: &Value) -> bool {
    let mut seen: Vec<&Value> = vec![root];
    let mut next = 0;
    while let Some(schema) = seen.get(next).copied() {
        next += 1;
        let inner: Vec<&Value> = match schema {
            Value::Object(fields) if fields.contains_key(PERSONAL) => return true,
            // Definitions count where they are referred to.
            Value::Object(fields) => {
                fields.iter().filter(|(name, _)| *name != "$defs").map(|(_, value)| value).collect()
            }
            Value::Array(items) => items.iter().collect(),
            _ => continue,
        };
        let referred = expectation::resolve(root, schema);
        for schema in inner.into_iter().chain([referred]) {
            if !seen.iter().any(|known| std::ptr::eq(*known, schema)) {
                seen.push(schema);
            }
        }
    }
    false
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(fields) => fields.values().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Knows the currencies, of which the pattern only knows the form.
struct KnownCurrency;

impl<'i> Keyword<'i> for KnownCurrency {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) { Ok(()) } else { Err(ValidationError::custom(CURRENCY)) }
    }
    fn is_valid(&self, instance: &'i Value) -> bool {
        // Anything but text is wrong for another reason, which is told.
        instance.as_str().is_none_or(|code| code.parse::<Currency>().is_ok())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the validator asks for this shape")]
fn currency<'a>(
    _: &'a Map<String, Value>,
    _: &'a Value,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    Ok(Box::new(KnownCurrency))
}
