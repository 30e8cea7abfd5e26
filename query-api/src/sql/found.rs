//! Text that is found through an index.
//!
//! Under row level security an index serves only operators that cannot tell of
//! rows the policy hides, and those of text are not among them. `read.found`
//! looks into the index and answers the rows' keys. That pays only where every
//! row has to fulfil the condition: a long list of keys is quickly looked up,
//! but not quickly searched.

use domain::kernel::Search;

use super::{Comparison, Condition, Param, condition::pattern, writer::Writer};
use crate::catalogue::{Field, FieldKind, Model};

impl Condition {
    /// Writes what every row of the table `t` has to fulfil.
    pub(super) fn write_of_all(self, to: &mut Writer, model: &Model) {
        match self {
            Self::All(parts) if !parts.is_empty() => {
                to.separated(parts, " AND ", |to, part| part.write_of_all(to, model));
            }
            Self::Field(field, comparison) if to.source.is_searched => {
                match (key(model), found(model, field, &comparison)) {
                    (Some(key), Some((column, how, what))) => {
                        let what = to.place(Param::Text(what));
                        to.write(&format!(
                            "t.\"{key}\" = ANY (ARRAY(SELECT read.found('{}'::regclass, '{key}', \
                         '{column}', '{how}', {what})))",
                            to.table(model)
                        ));
                    }
                    _ => Self::Field(field, comparison).write(to, model, "t"),
                }
            }
            other => other.write(to, model, "t"),
        }
    }
}

/// The one column of ids that identifies a row.
fn key(model: &Model) -> Option<&str> {
    let mut fields = model.key_fields();
    match (fields.next(), fields.next()) {
        (Some(Field { kind: FieldKind::Id { .. }, column, .. }), None) => Some(plain(column)),
        _ => None,
    }
}

/// The name of a column without its quotes.
fn plain(column: &str) -> &str {
    column.trim_matches('"')
}

/// In which column a text is to be found, how, and what, if an index helps.
fn found(
    model: &Model,
    field: usize,
    comparison: &Comparison,
) -> Option<(String, &'static str, String)> {
    let field = model.field(field)?;
    let column = plain(&field.column).to_owned();
    match (field.search?, comparison) {
        (Search::Words, Comparison::Words(words)) => Some((column, "words", words.clone())),
        (Search::Parts, Comparison::Contains(text)) if has_part(text) => {
            Some((column, "parts", pattern("%", text, "%")))
        }
        (Search::Parts, Comparison::StartsWith(text)) if has_part(text) => {
            Some((column, "parts", pattern("", text, "%")))
        }
        (Search::Parts, Comparison::EndsWith(text)) if has_part(text) => {
            Some((column, "parts", pattern("%", text, "")))
        }
        _ => None,
    }
}

/// Whether a text has what an index of parts knows: three letters or digits in
/// a row.
fn has_part(text: &str) -> bool {
    text.split(|it: char| !it.is_alphanumeric()).any(|word| word.chars().count() >= 3)
}
