//! Conditions on what is nested in a row.

use super::{Comparison, writer::Writer};
use crate::catalogue::FieldKind;

/// What a nested value must fulfil. Here, too, nothing is "unknown".
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Within {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// What stands under a key of the object fulfils this.
    Key(String, Box<Self>),
    /// One of the list's elements fulfils this.
    Some(Box<Self>),
    /// It is a single value of this kind, compared with another.
    Is(FieldKind, Comparison),
    /// There is nothing, or something.
    Empty(bool),
}

impl Within {
    /// Writes it down for the value that an expression of type `jsonb` gives.
    pub(super) fn write(self, to: &mut Writer, at: &str) {
        match self {
            Self::All(parts) => to.all_of(parts, |to, part| part.write(to, at)),
            Self::Any(parts) => to.any_of(parts, |to, part| part.write(to, at)),
            Self::Not(part) => to.not(|to| part.write(to, at)),
            Self::Key(key, part) => {
                // A name that a type declares.
                let key = key.replace('\'', "''");
                part.write(to, &format!("({at} -> '{key}')"));
            }
            Self::Some(part) => {
                let element = to.alias();
                to.write(&format!(
                    "EXISTS (SELECT 1 FROM jsonb_array_elements( \
                     CASE jsonb_typeof({at}) WHEN 'array' THEN {at} END) AS {element} (value) WHERE "
                ));
                part.write(to, &format!("{element}.value"));
                to.write(")");
            }
            Self::Is(kind, comparison) => comparison.write(to, &value(&kind, at), true),
            Self::Empty(is_empty) => {
                let not = if is_empty { "" } else { "NOT " };
                to.write(&format!("{at} #>> '{{}}' IS {not}NULL"));
            }
        }
    }
}

/// A nested value as SQL compares it. Ids and words are compared as they are
/// written.
fn value(kind: &FieldKind, at: &str) -> String {
    let cast = match kind {
        FieldKind::Bool => "boolean",
        FieldKind::Int => "bigint",
        FieldKind::Decimal => "numeric",
        FieldKind::Timestamp => "timestamptz",
        FieldKind::Date => "date",
        FieldKind::Text | FieldKind::Enum(_) | FieldKind::Id { .. } => {
            return format!("({at} #>> '{{}}')");
        }
        FieldKind::List(_) | FieldKind::Object(_) | FieldKind::Json => return at.to_owned(),
    };
    format!("({at} #>> '{{}}')::{cast}")
}
