//! Which rows are meant.
//!
//! A condition holds or does not hold; nothing is "unknown". SQL thinks
//! otherwise of empty values, which only shows under a NOT: there, what is
//! unknown counts as not holding.

use event_store::keys::Matcher;

use super::{Param, Within, writer::Writer};
use crate::catalogue::Model;

/// What a row must fulfil.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// A field of the row compared with a value.
    Field(usize, Comparison),
    /// What is nested in a field of the row fulfils this.
    Nested(usize, Within),
    /// The row that it points to, by the place of the relation, fulfils this.
    Parent(usize, Box<Self>),
    /// One of the rows that point to it, by the place of the relation,
    /// fulfils this.
    Child(usize, Box<Self>),
}

/// How a field is compared. An empty field equals nothing but is different
/// from every value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Comparison {
    Equal(Param),
    Different(Param),
    Less(Param),
    LessOrEqual(Param),
    Greater(Param),
    GreaterOrEqual(Param),
    /// One of a list of values.
    In(Param),
    NotIn(Param),
    Empty(bool),
    /// Text that holds this, whatever the case.
    Contains(String),
    StartsWith(String),
    EndsWith(String),
    /// Text that holds these words.
    Words(String),
    /// JSON that holds this.
    ContainsJson(Param),
    /// A personal value among these, which no statement may hold.
    Hidden(Hidden),
    /// A personal value found by one of these hashes, or by none of them.
    Found {
        hashes: Vec<Vec<u8>>,
        negated: bool,
    },
}

/// Personal values as a request names them.
#[derive(Clone, PartialEq)]
pub(crate) struct Hidden {
    /// Where such values stand.
    pub(crate) place: String,
    pub(crate) texts: Vec<String>,
    /// Whether it must be none of them.
    pub(crate) negated: bool,
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hidden").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Condition {
    /// Nothing is asked for.
    pub(crate) const NONE: Self = Self::All(vec![]);

    /// Puts keyed hashes in the place of personal values. Without a key there
    /// are none to be found.
    pub(crate) fn hash(&mut self, matcher: Option<&Matcher>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts.iter_mut() {
                    part.hash(matcher);
                }
            }
            Self::Not(part) | Self::Parent(_, part) | Self::Child(_, part) => part.hash(matcher),
            Self::Nested(..) => {}
            Self::Field(_, comparison) => {
                if let Comparison::Hidden(Hidden { place, texts, negated }) = comparison {
                    let hash = |text: &String| Some(matcher?.of(place, text));
                    let hashes = texts.iter().filter_map(hash).collect();
                    *comparison = Comparison::Found { hashes, negated: *negated };
                }
            }
        }
    }

    /// Whether all rows that fulfil it have the same value in a field.
    pub(crate) fn fixes(&self, field: usize) -> bool {
        match self {
            Self::All(parts) => parts.iter().any(|part| part.fixes(field)),
            Self::Any(parts) => matches!(parts.as_slice(), [only] if only.fixes(field)),
            Self::Field(it, Comparison::Equal(_)) => *it == field,
            Self::Field(it, Comparison::In(Param::Texts(values))) => {
                *it == field && values.len() == 1
            }
            _ => false,
        }
    }

    pub(super) fn write(self, to: &mut Writer, model: &Model, table: &str) {
        match self {
            Self::All(parts) => to.all_of(parts, |to, part| part.write(to, model, table)),
            Self::Any(parts) => to.any_of(parts, |to, part| part.write(to, model, table)),
            Self::Not(part) => to.not(|to| part.write(to, model, table)),
            Self::Field(field, comparison) => {
                if let Some(field) = model.field(field) {
                    let found_by = field.personal.as_ref().and_then(|it| it.found_by.as_ref());
                    let column = format!("{table}.{}", found_by.unwrap_or(&field.column));
                    comparison.write(to, &column, field.nullable);
                }
            }
            Self::Nested(field, within) => {
                if let Some(field) = model.field(field) {
                    within.write(to, &format!("{table}.{}", field.column));
                }
            }
            Self::Parent(relation, part) => part.write_parent(to, model, table, relation),
            Self::Child(relation, part) => part.write_child(to, model, table, relation),
        }
    }

    fn write_parent(self, to: &mut Writer, model: &Model, table: &str, relation: usize) {
        let Some(parent) = model.parents.get(relation) else { return };
        let catalogue = to.catalogue;
        let (Some(other), Some(by)) = (catalogue.model(parent.to), model.field(parent.by)) else {
            return;
        };
        let Some(key) = other.key_fields().next() else { return };
        let link = format!("{} = {table}.{}", key.column, by.column);
        self.exists(to, other, &link);
    }

    fn write_child(self, to: &mut Writer, model: &Model, table: &str, relation: usize) {
        let Some(child) = model.children.get(relation) else { return };
        let catalogue = to.catalogue;
        let Some(other) = catalogue.model(child.from) else { return };
        let (Some(by), Some(key)) = (other.field(child.by), model.key_fields().next()) else {
            return;
        };
        let link = format!("{} = {table}.{}", by.column, key.column);
        self.exists(to, other, &link);
    }

    fn exists(self, to: &mut Writer, other: &Model, link: &str) {
        let alias = to.alias();
        to.write(&format!(
            "EXISTS (SELECT 1 FROM {} AS {alias} WHERE {alias}.tenant_id = $1 AND {alias}.{link}",
            to.table(other)
        ));
        to.write(" AND ");
        self.write(to, other, &alias);
        to.write(")");
    }
}

impl Comparison {
    pub(super) fn write(self, to: &mut Writer, column: &str, nullable: bool) {
        let (operator, param) = match self {
            Self::Equal(value) => ("=", value),
            Self::Different(value) if nullable => ("IS DISTINCT FROM", value),
            Self::Different(value) => ("<>", value),
            Self::Less(value) => ("<", value),
            Self::LessOrEqual(value) => ("<=", value),
            Self::Greater(value) => (">", value),
            Self::GreaterOrEqual(value) => (">=", value),
            Self::ContainsJson(value) => ("@>", value),
            Self::Contains(text) => ("ILIKE", Param::Text(pattern("%", &text, "%"))),
            Self::StartsWith(text) => ("ILIKE", Param::Text(pattern("", &text, "%"))),
            Self::EndsWith(text) => ("ILIKE", Param::Text(pattern("%", &text, ""))),
            Self::Words(words) => {
                let words = to.place(Param::Text(words));
                return to.write(&format!(
                    "to_tsvector('simple', {column}) @@ websearch_to_tsquery('simple', {words})"
                ));
            }
            Self::Empty(true) => return to.write(&format!("{column} IS NULL")),
            Self::Empty(false) => return to.write(&format!("{column} IS NOT NULL")),
            Self::In(values) => {
                let values = to.place(values);
                return to.write(&format!("{column} = ANY ({values})"));
            }
            Self::Found { hashes, negated } => {
                let hashes = to.place(Param::ByteLists(hashes));
                let not = if negated { " IS NOT TRUE" } else { "" };
                return to.write(&format!("({column} = ANY ({hashes})){not}"));
            }
            // INVARIANT: a personal value never gets into a statement, where the
            // server would log it. Guarded by the test
            // `personal_values_are_found_by_what_says_nothing`.
            Self::Hidden(_) => return to.write("false"),
            Self::NotIn(values) => {
                let values = to.place(values);
                return to.write(&format!("({column} = ANY ({values})) IS NOT TRUE"));
            }
        };
        to.write(&format!("{column} {operator} "));
        to.bind(param);
    }
}

/// A pattern that matches a text, whatever its letters mean in patterns.
pub(super) fn pattern(before: &str, text: &str, after: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("{before}{text}{after}")
}
